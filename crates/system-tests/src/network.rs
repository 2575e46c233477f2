//! A network of several machines on this one: each is a network namespace with an address of its own, and
//! all hang on one switch whose cables can be pulled. It needs Linux, root and the program `ip`; where that
//! is missing it says so. It starts nothing on the machines.

use anyhow::{Context, Result, ensure};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::fs::File;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, Output};

/// Where `ip` shows namespaces as files.
const NAMESPACES: &str = "/var/run/netns";
/// Where Debian keeps `ip`, which is not on everybody's search path.
const DEBIAN_IP: &str = "/usr/sbin/ip";
/// The interface of each machine.
const INTERFACE: &str = "eth0";
/// A hardware address that no machine has: what is sent to it reaches nobody.
const NOBODY: &str = "02:00:00:00:00:ff";

/// See the module. Everything goes when it is dropped, with the connections that were open.
#[derive(Debug)]
pub struct Network {
    /// Tells this network's namespaces from those of others.
    tag: String,
    machines: Vec<&'static str>,
}

impl Network {
    /// Connects machines with these names. Nothing, and a word on standard output why, where that is not
    /// permitted.
    #[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
    pub fn lay(machines: &[&'static str]) -> Result<Option<Self>> {
        let network = Self {
            tag: format!("undertone-{:08x}", rand::random::<u32>()),
            machines: machines.to_vec(),
        };
        if let Err(reason) = network.try_switch() {
            println!("skipped: no machines can be made here: {reason:#}");
            return Ok(None);
        }
        for number in 0..machines.len() {
            network.connect(number)?;
        }
        Ok(Some(network))
    }

    /// The first steps, which fail where namespaces are not permitted.
    fn try_switch(&self) -> Result<()> {
        let switch = self.switch();
        ip(&["netns", "add", &switch])?;
        ip(&["-n", &switch, "link", "add", "bridge", "type", "bridge"])?;
        ip(&["-n", &switch, "link", "set", "bridge", "up"])?;
        File::open(Path::new(NAMESPACES).join(&switch))?;
        Ok(())
    }

    fn connect(&self, number: usize) -> Result<()> {
        let name = self.machines.get(number).context("there is no such machine")?;
        let (switch, machine, port) = (self.switch(), self.namespace(name), format!("port{number}"));
        let address = format!("{}/24", self.address(name)?);
        ip(&["netns", "add", &machine])?;
        ip(&[
            "-n", &switch, "link", "add", &port, "type", "veth", "peer", "name", INTERFACE, "netns", &machine,
        ])?;
        ip(&["-n", &switch, "link", "set", &port, "master", "bridge", "up"])?;
        ip(&["-n", &machine, "address", "add", &address, "dev", INTERFACE])?;
        ip(&["-n", &machine, "link", "set", INTERFACE, "up"])?;
        ip(&["-n", &machine, "link", "set", "lo", "up"])
    }

    /// The address of a machine.
    pub fn address(&self, machine: &str) -> Result<IpAddr> {
        let last = u8::try_from(self.number(machine)? + 1)?;
        Ok(Ipv4Addr::new(10, 77, 0, last).into())
    }

    /// Pulls a machine's cable: nothing passes, in no direction.
    pub fn cut(&self, machine: &str) -> Result<()> {
        self.set_port(machine, "down")
    }

    /// Plugs it in again.
    pub fn mend(&self, machine: &str) -> Result<()> {
        self.set_port(machine, "up")
    }

    /// What one machine sends to another is lost from now on; the other direction works.
    pub fn mute(&self, from: &str, to: &str) -> Result<()> {
        let (machine, to) = (self.namespace(from), self.address(to)?.to_string());
        ip(&[
            "-n",
            &machine,
            "neighbour",
            "replace",
            &to,
            "lladdr",
            NOBODY,
            "dev",
            INTERFACE,
            "nud",
            "permanent",
        ])
    }

    /// What one machine sends to another arrives again.
    pub fn unmute(&self, from: &str, to: &str) -> Result<()> {
        let (machine, to) = (self.namespace(from), self.address(to)?.to_string());
        ip(&["-n", &machine, "neighbour", "del", &to, "dev", INTERFACE])
    }

    /// Moves this thread to a machine; threads and processes that it starts are there too.
    pub(crate) fn enter(&self, machine: &str) -> Result<()> {
        let namespace = File::open(Path::new(NAMESPACES).join(self.namespace(machine)))?;
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
            .with_context(|| format!("cannot go to {machine}"))
    }

    /// Does something on a machine, in a thread that ends with it.
    pub(crate) fn on<T: Send>(&self, machine: &str, act: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        std::thread::scope(|scope| {
            let there = scope.spawn(|| {
                self.enter(machine)?;
                act()
            });
            there
                .join()
                .map_err(|_| anyhow::anyhow!("it panicked on {machine}"))?
        })
    }

    fn set_port(&self, machine: &str, state: &str) -> Result<()> {
        let port = format!("port{}", self.number(machine)?);
        ip(&["-n", &self.switch(), "link", "set", &port, state])
    }

    fn number(&self, machine: &str) -> Result<usize> {
        let mut machines = self.machines.iter();
        let number = machines.position(|name| *name == machine);
        number.with_context(|| format!("there is no machine {machine}"))
    }

    fn switch(&self) -> String {
        format!("{}-switch", self.tag)
    }

    fn namespace(&self, machine: &str) -> String {
        format!("{}-{machine}", self.tag)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let machines = self.machines.iter().map(|name| self.namespace(name));
        for namespace in machines.chain([self.switch()]) {
            // It may never have been made.
            let _gone = ip(&["netns", "delete", &namespace]);
        }
    }
}

fn ip(words: &[&str]) -> Result<()> {
    let program = if Path::new(DEBIAN_IP).exists() {
        DEBIAN_IP
    } else {
        "ip"
    };
    let ran = Command::new(program).args(words).output();
    let Output { status, stderr, .. } = ran.context("the program `ip` does not run")?;
    let said = String::from_utf8_lossy(&stderr);
    ensure!(status.success(), "ip {}: {}", words.join(" "), said.trim());
    Ok(())
}
