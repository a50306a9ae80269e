//! The program opens no network connection: its system calls are watched while it makes a film, looks for faces, and runs the live pipeline.

use std::path::Path;
use std::process::{Command, Stdio};

use test_needs::needs;

/// Families of sockets that stay on the machine: files in the file system, and the kernel's own.
const LOCAL: [&str; 4] = ["AF_UNIX", "AF_LOCAL", "AF_NETLINK", "AF_ALG"];

/// The sockets that the program asks for with these arguments, children included, one line of strace each.
fn sockets(arguments: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("calls");
    std::fs::write(folder.path().join("lady.jpg"), include_bytes!("../assets/portraits/lady.jpg")).expect("a picture");
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-e", "trace=socket,connect,socketpair", "-o"]).arg(&log);
    command.arg(env!("CARGO_BIN_EXE_retrato")).args(arguments.split(' ')).current_dir(folder.path());
    command.env("XDG_CONFIG_HOME", folder.path().join("no-settings")).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    let ended = command.stdin(Stdio::null()).output().expect("strace starts");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{arguments}: {said}");
    calls(&log).into_iter().filter(|line| line.contains("socket(") || line.contains("connect(")).collect()
}

fn calls(log: &Path) -> Vec<String> {
    std::fs::read_to_string(log).expect("a log").lines().map(str::to_owned).collect()
}

fn is_foreign(call: &str) -> bool {
    let is_call = call.contains("socket(") || call.contains("connect(");
    is_call && call.contains("AF_") && !LOCAL.iter().any(|family| call.contains(family))
}

#[needs(strace)]
#[test]
fn no_socket_leaves_the_machine() {
    for arguments in [
        "animate garden --driver talk --seconds 0.4 --size 64 --output out.mp4",
        "animate lady.jpg --driver look_around --seconds 0.2 --size 64 --output out.gif",
        "bench --seconds 1",
        "doctor --json",
    ] {
        let foreign: Vec<String> = sockets(arguments).into_iter().filter(|call| is_foreign(call)).collect();
        assert_eq!(foreign, Vec::<String>::new(), "{arguments}");
    }
}

#[test]
fn foreign_sockets_are_told_from_local_ones() {
    assert!(is_foreign("12 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 3"), "the internet");
    assert!(is_foreign("12 connect(3, {sa_family=AF_INET6, sin6_port=htons(443)}, 28) = 0"), "in its new form");
    assert!(is_foreign("socket(AF_VSOCK, SOCK_STREAM, 0) = 3") && is_foreign("socket(AF_PACKET, SOCK_RAW, 768) = 3"), "and others");
    assert!(!is_foreign("12 socket(AF_UNIX, SOCK_STREAM, 0) = 3"), "a file");
    assert!(!is_foreign("12 socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT) = 3"), "the kernel");
    assert!(!is_foreign("12 <... connect resumed>) = 0"), "the rest of a call");
}
