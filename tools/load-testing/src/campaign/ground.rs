//! Owns the place of a data directory, and with it the way in which a server on it is interrupted.

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use crate::{campaign::LoopDevice, server::ServerProcess};

/// How long a server runs after its disk is cut off: long enough to acknowledge events that it must not acknowledge.
const AFTERLIFE: Duration = Duration::from_millis(15);

/// The place of a data directory.
#[derive(Debug)]
pub enum Ground {
    /// A directory. An interruption kills the process; its writes stay in the page cache.
    Directory(PathBuf),
    /// A separate file system. An interruption loses everything that was not synced.
    LoopDevice(LoopDevice),
}

impl Ground {
    /// The directory for files that must survive interruptions: logs, keys, copies.
    #[must_use]
    pub fn work_dir(&self) -> &Path {
        match self {
            Self::Directory(work_dir) => work_dir,
            Self::LoopDevice(device) => device.work_dir(),
        }
    }

    /// The server's data directory.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        match self {
            Self::Directory(work_dir) => work_dir.join("data"),
            Self::LoopDevice(device) => device.mount_point().join("data"),
        }
    }

    /// Creates a fresh place for a data directory; removes an old one.
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

    /// Makes all writes durable, whether or not the server did.
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

    /// Removes all files.
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
