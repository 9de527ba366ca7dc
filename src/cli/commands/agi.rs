//! `izingate agi`.

use super::{CommandError, environment, runtime};
use crate::agi::{self, Gateway, PEER, Settings};
use crate::cli::args::agi::{AgiArgs, AgiUrl};
use crate::net::endpoint::or_default;
use crate::net::{self, Life};
use crate::server::shutdown::{Pace, Shutdown, Signals};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Serves until a signal ends it; prints where.
pub fn agi(args: &AgiArgs, out: &mut dyn Write) -> Result<(), CommandError> {
    if !args.insecure && !args.listen.ip().to_canonical().is_loopback() {
        let text = format!(
            "{}: other machines can reach this address, and FastAGI has neither passwords nor encryption: run izingate agi \
             beside Asterisk and listen on 127.0.0.1, or allow it with --insecure",
            args.listen
        );
        return Err(CommandError::refused("ADDRESS_NOT_LOCAL", text));
    }
    let AgiUrl(endpoint) = or_default(args.endpoint.as_ref(), environment)
        .map_err(|error| CommandError::Endpoint { code: "ENDPOINT_INVALID", message: error.to_string() })?;
    let failed = |error: &dyn std::error::Error| CommandError::Internal(error.to_string());
    let settings = Settings { endpoint, deadline: args.deadline, connections: args.connections, caller: args.caller.clone() };
    let gateway = Gateway::new(settings).map_err(|error| failed(&error))?;
    runtime()?.block_on(async {
        let listener = net::listen(args.listen).map_err(|error| not_there(args, &error))?;
        let address = listener.local_addr().map_err(|error| failed(&error))?;
        let signals = Signals::listen().map_err(|error| failed(&error))?;
        // Whether anybody reads it is all the same.
        let _ = writeln!(out, "agi://{address}/check").and_then(|()| out.flush());
        let shutdown = Shutdown::new();
        let mut forwarding = JoinSet::new();
        forwarding.spawn(signals.forward(shutdown.clone()));
        let (stop, cut) = (shutdown.stopped().clone(), shutdown.cut().clone());
        let life = Life { stop, cut, tracker: shutdown.calls().clone(), open: Arc::default() };
        shutdown.listeners().spawn(agi::serve(listener, args.connections, gateway, life));
        let pace = Pace { unready: Duration::ZERO, drain: args.deadline + PEER };
        shutdown.run(pace, async {}).await;
        Ok(())
    })
}

fn not_there(args: &AgiArgs, error: &std::io::Error) -> CommandError {
    let code = if error.kind() == std::io::ErrorKind::AddrInUse { "PORT_TAKEN" } else { "CANNOT_LISTEN" };
    CommandError::refused(code, format!("{}: cannot listen here: {error}; another address is given with --listen", args.listen))
}
