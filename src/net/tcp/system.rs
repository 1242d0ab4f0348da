//! Socket options that not every system has.
//!
//! In: a socket and a value. Out: the option is set, or an error says that this system has none such: nothing is skipped
//! in silence. This is the one place that tells operating systems apart for TCP.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

pub use available::{bind_device, set_mark, set_user_timeout};
pub use probes::with_probes;
pub use service::set_traffic_class;

#[cfg(any(target_os = "linux", target_os = "android"))]
mod available {
    use super::*;

    /// TCP_USER_TIMEOUT. Zero would mean the kernel's own limit, and more than 32 bits of milliseconds would be cut.
    pub fn set_user_timeout(socket: &SockRef<'_>, timeout: Duration) -> io::Result<()> {
        match u32::try_from(timeout.as_millis()) {
            Ok(1..) => socket.set_tcp_user_timeout(Some(timeout)),
            _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "not 1 to 4294967295 ms")),
        }
    }

    /// SO_BINDTODEVICE. The kernel cuts names of more than 15 bytes, and an empty one means no interface at all.
    pub fn bind_device(socket: &SockRef<'_>, interface: &str) -> io::Result<()> {
        if !(1..=15).contains(&interface.len()) || interface.contains('\0') {
            let why = "no name of an interface: 1 to 15 bytes, none of them NUL";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        socket.bind_device(Some(interface.as_bytes()))
    }

    /// SO_MARK.
    pub fn set_mark(socket: &SockRef<'_>, mark: u32) -> io::Result<()> {
        socket.set_mark(mark)
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod available {
    use super::*;

    pub fn set_user_timeout(_: &SockRef<'_>, _: Duration) -> io::Result<()> {
        Err(absent())
    }

    pub fn bind_device(_: &SockRef<'_>, _: &str) -> io::Result<()> {
        Err(absent())
    }

    pub fn set_mark(_: &SockRef<'_>, _: u32) -> io::Result<()> {
        Err(absent())
    }
}

#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_os = "macos",
    target_os = "ios",
    target_os = "freebsd",
    target_os = "netbsd",
    windows
))]
mod probes {
    use super::*;

    /// How probes follow one another.
    pub fn with_probes(
        mut keepalive: TcpKeepalive,
        interval: Option<Duration>,
        retries: Option<u32>,
    ) -> io::Result<TcpKeepalive> {
        if let Some(interval) = interval {
            keepalive = keepalive.with_interval(interval);
        }
        if let Some(retries) = retries {
            keepalive = keepalive.with_retries(retries);
        }
        Ok(keepalive)
    }
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_os = "macos",
    target_os = "ios",
    target_os = "freebsd",
    target_os = "netbsd",
    windows
)))]
mod probes {
    use super::*;

    pub fn with_probes(
        _: TcpKeepalive,
        _: Option<Duration>,
        _: Option<u32>,
    ) -> io::Result<TcpKeepalive> {
        Err(absent())
    }
}

#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_os = "macos",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd"
))]
mod service {
    use super::*;

    /// IP_TOS or IPV6_TCLASS.
    pub fn set_traffic_class(socket: &SockRef<'_>, to: SocketAddr, class: u8) -> io::Result<()> {
        match to {
            SocketAddr::V4(_) => socket.set_tos_v4(class.into()),
            SocketAddr::V6(_) => socket.set_tclass_v6(class.into()),
        }
    }
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_os = "macos",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd"
)))]
mod service {
    use super::*;

    pub fn set_traffic_class(_: &SockRef<'_>, _: SocketAddr, _: u8) -> io::Result<()> {
        Err(absent())
    }
}

#[allow(dead_code, reason = "called on systems that lack something")]
fn absent() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "this operating system has no such option")
}
