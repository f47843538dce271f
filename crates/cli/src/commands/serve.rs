//! The published channels over HTTP on loopback, to look at them or to point a client of this machine at them.

use std::sync::{Arc, Mutex, mpsc};

use xen4centos_publish::{Access, AccessLog, Server};

use crate::{
    args::{Cli, ServeArgs},
    failure::{Failure, Kind, Outcome},
    printer::Printer,
    session::Session,
};

/// Hands what was asked for to the thread that prints.
struct Teller(Mutex<mpsc::Sender<Access>>);

impl AccessLog for Teller {
    fn answered(&self, access: &Access) {
        if let Ok(sender) = self.0.lock() {
            // Nobody listens any more when the program ends.
            drop(sender.send(access.clone()));
        }
    }
}

pub(crate) fn run(cli: &Cli, args: &ServeArgs, printer: &Printer) -> Outcome {
    let session = Session::open(&cli.global, &args.target, printer)?;
    demand_consent(&session, args)?;
    if !session.publish_root.is_dir() {
        let message = format!("nothing is published: `{}` does not exist", session.publish_root);
        return Err(Failure::new(Kind::Data, message)
            .hint(Some("publish something first: xen4centos release".to_owned())));
    }
    let (sender, receiver) = mpsc::channel();
    let server = Server::start(&session.publish_root, args.port, Arc::new(Teller(Mutex::new(sender))))?;
    printer.data(format!("{}/{}/", server.url(), session.channel.directory));
    printer.step("Serving", format!("{} until it is interrupted", session.publish_root));
    while let Ok(access) = receiver.recv() {
        printer.step(
            "Answered",
            format!("{} {} {} ({} bytes)", access.method, access.target, access.status, access.bytes),
        );
    }
    server.stop();
    Ok(())
}

/// Loopback has no users: whoever works on this machine can ask.
fn demand_consent(session: &Session<'_>, args: &ServeArgs) -> Outcome {
    if !session.is_private() || args.private {
        return Ok(());
    }
    let message = format!(
        "channel `{}` is private, and what is served can be read by every user of this machine",
        session.channel.name
    );
    let hint =
        format!("read it by its path, {}; or, on a machine of your own, --private", session.publish_root);
    Err(Failure::new(Kind::Refused, message).hint(Some(hint)))
}
