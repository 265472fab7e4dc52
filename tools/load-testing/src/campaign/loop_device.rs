//! Owns an ext4 file system on a loop device whose power can be cut.
//!
//! `FS_IOC_SHUTDOWN` with `NOLOGFLUSH` stops the file system at once, without writing its journal or any dirty page:
//! what was synced is on the device, everything else is gone, as with a power failure. Killing a process alone proves
//! less, because the page cache outlives it.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
};

/// The size of the file system; the file behind it is sparse.
const IMAGE_BYTES: u64 = 512 << 20;

/// Calls `ioctl(FS_IOC_SHUTDOWN, EXT4_GOING_FLAGS_NOLOGFLUSH)` on a directory. Perl is part of every base system that
/// has mkfs.ext4, and this crate forbids unsafe code.
const SHUTDOWN: &str = r#"sysopen(my $d, $ARGV[0], 0) or die "open: $!\n";
my $flag = pack("L", 2); ioctl($d, 0x8004587d, $flag) or die "ioctl: $!\n";"#;

/// A file system on a loop device. Unmounted when it is dropped.
#[derive(Debug)]
pub struct LoopDevice {
    work_dir: PathBuf,
    mount_point: PathBuf,
    is_mounted: bool,
}

/// Describes why power cannot be cut here; `None` if it can.
#[must_use]
pub fn unavailable() -> Option<String> {
    let user = Command::new("id").arg("-u").output().map(|output| output.stdout).unwrap_or_default();
    if String::from_utf8_lossy(&user).trim() != "0" {
        return Some("only root may mount file systems, and this is not root".to_owned());
    }
    if !Path::new("/dev/loop-control").exists() {
        return Some("there are no loop devices here (/dev/loop-control is missing)".to_owned());
    }
    for tool in ["mkfs.ext4", "mount", "umount", "perl"] {
        if !Command::new("sh").args(["-c", "command -v \"$0\" >/dev/null", tool]).status().is_ok_and(|s| s.success()) {
            return Some(format!("{tool} is not installed"));
        }
    }
    let probe = std::env::temp_dir().join(format!("hammer-probe-{}", std::process::id()));
    let mounted = LoopDevice::new(probe.clone()).and_then(|mut device| {
        device.renew()?;
        device.unmount()
    });
    // A failed removal leaves a few files in the system's temporary directory.
    let _ = fs::remove_dir_all(probe);
    mounted.err().map(|error| format!("an ext4 file system on a loop device cannot be mounted: {error}"))
}

impl LoopDevice {
    /// Uses `work_dir` for the image, the mount point and other files.
    pub fn new(work_dir: PathBuf) -> io::Result<Self> {
        let mount_point = work_dir.join("disk");
        fs::create_dir_all(&mount_point)?;
        Ok(Self { work_dir, mount_point, is_mounted: false })
    }

    /// The directory for other files.
    #[must_use]
    pub fn work_dir(&self) -> &Path {
        &self.work_dir
    }

    /// The root of the file system.
    #[must_use]
    pub fn mount_point(&self) -> &Path {
        &self.mount_point
    }

    /// Creates a fresh file system and mounts it.
    pub fn renew(&mut self) -> io::Result<()> {
        self.unmount()?;
        let image = self.image();
        File::create(&image)?.set_len(IMAGE_BYTES)?;
        run(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(image))?;
        self.mount()
    }

    /// Stops the file system as a power failure would.
    pub fn cut_power(&self) -> io::Result<()> {
        run(Command::new("perl").args(["-e", SHUTDOWN]).arg(&self.mount_point))
    }

    /// Writes everything to the device.
    pub fn sync(&self) -> io::Result<()> {
        run(Command::new("sync").arg("--file-system").arg(&self.mount_point))
    }

    /// Mounts it again, which replays its journal. No process may have a file open on it.
    pub fn remount(&mut self) -> io::Result<()> {
        self.unmount()?;
        self.mount()
    }

    /// Unmounts it, which also frees the loop device.
    pub fn unmount(&mut self) -> io::Result<()> {
        if self.is_mounted {
            run(Command::new("umount").arg(&self.mount_point))?;
            self.is_mounted = false;
        }
        Ok(())
    }

    fn mount(&mut self) -> io::Result<()> {
        run(Command::new("mount").args(["-t", "ext4", "-o", "loop"]).arg(self.image()).arg(&self.mount_point))?;
        self.is_mounted = true;
        Ok(())
    }

    fn image(&self) -> PathBuf {
        self.work_dir.join("disk.image")
    }
}

impl Drop for LoopDevice {
    fn drop(&mut self) {
        // Nothing more can be done if the unmount fails; the run reports its own error.
        let _ = self.unmount();
    }
}

fn run(command: &mut Command) -> io::Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let program = command.get_program().to_string_lossy().into_owned();
    Err(io::Error::other(format!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim())))
}
