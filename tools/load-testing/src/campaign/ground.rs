//! Owns the place a data directory stands in, and with it the way a server on it is interrupted.

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use crate::{campaign::LoopDevice, server::ServerProcess};

/// How long a server lives on after its disk went away: long enough to acknowledge what it must not.
const AFTERLIFE: Duration = Duration::from_millis(15);

/// The place a data directory stands in.
#[derive(Debug)]
pub enum Ground {
    /// A directory. Interrupting kills the process; what it wrote stays in the page cache.
    Directory(PathBuf),
    /// A file system of its own. Interrupting loses everything that was not synced.
    LoopDevice(LoopDevice),
}

impl Ground {
    /// Where files that must outlive interruptions go: logs, keys, copies.
    #[must_use]
    pub fn work_dir(&self) -> &Path {
        match self {
            Self::Directory(work_dir) => work_dir,
            Self::LoopDevice(device) => device.work_dir(),
        }
    }

    /// Where the server keeps its data.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        match self {
            Self::Directory(work_dir) => work_dir.join("data"),
            Self::LoopDevice(device) => device.mount_point().join("data"),
        }
    }

    /// Makes a fresh place for a data directory; an old one is gone.
    pub fn renew(&mut self) -> io::Result<()> {
        match self {
            Self::Directory(work_dir) => {
                fs::create_dir_all(&*work_dir)?;
                remove(&work_dir.join("data"))?;
            }
            Self::LoopDevice(device) => device.renew()?,
        }
        remove(&self.work_dir().join("keys.json"))
    }

    /// Makes everything that was written durable, whether or not the server did.
    pub fn sync(&self) -> io::Result<()> {
        match self {
            Self::Directory(_) => Ok(()),
            Self::LoopDevice(device) => device.sync(),
        }
    }

    /// Interrupts a server; afterwards it is gone and its data directory can be opened again.
    pub fn interrupt(&mut self, server: &mut ServerProcess) -> io::Result<()> {
        let Self::LoopDevice(device) = self else { return server.kill() };
        device.cut_power()?;
        thread::sleep(AFTERLIFE);
        server.kill()?;
        device.remount()
    }

    /// Removes everything.
    pub fn clear(&mut self) -> io::Result<()> {
        if let Self::LoopDevice(device) = self {
            device.unmount()?;
        }
        fs::remove_dir_all(self.work_dir())
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}
