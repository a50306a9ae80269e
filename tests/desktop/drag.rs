//! Drags files onto a window by the XDND protocol (version 5), as a file manager does.

use std::path::Path;
use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, PropMode, SELECTION_NOTIFY_EVENT, SelectionNotifyEvent,
    SelectionRequestEvent, Window, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use super::screen::Screen;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// How long the window may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Drops files on the middle of a window and waits until it has taken them.
pub(super) fn drop_files(screen: &Screen, target: Window, files: &[&Path]) -> Outcome<()> {
    let source = screen.connection.generate_id()?;
    screen.connection.create_window(0, source, screen.root, 0, 0, 1, 1, 0, WindowClass::INPUT_ONLY, 0, &CreateWindowAux::new())?;
    screen.connection.set_selection_owner(source, screen.atom("XdndSelection"), x11rb::CURRENT_TIME)?;
    let drag = Drag { screen, source, target, list: screen.atom("text/uri-list"), uris: files.iter().map(|f| uri(f)).collect() };
    drag.run()
}

struct Drag<'a> {
    screen: &'a Screen,
    source: Window,
    target: Window,
    list: u32,
    uris: String,
}

impl Drag<'_> {
    fn run(&self) -> Outcome<()> {
        let [status, finished] = ["XdndStatus", "XdndFinished"].map(|name| self.screen.atom(name));
        let place = self.screen.connection.translate_coordinates(self.target, self.screen.root, 400, 400)?.reply()?;
        let at = (u32::from(place.dst_x as u16) << 16) | u32::from(place.dst_y as u16);
        self.send("XdndEnter", [self.source, 5 << 24, self.list, 0, 0])?;
        self.send("XdndPosition", [self.source, 0, at, 0, self.screen.atom("XdndActionCopy")])?;
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            match self.screen.connection.poll_for_event()? {
                Some(Event::SelectionRequest(request)) => self.hand_over(&request)?,
                Some(Event::ClientMessage(message)) if message.type_ == status => {
                    if message.data.as_data32()[1] & 1 == 1 {
                        self.send("XdndDrop", [self.source, 0, 0, 0, 0])?;
                    }
                }
                Some(Event::ClientMessage(message)) if message.type_ == finished => return Ok(()),
                Some(_) => {}
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        }
        Err("the window did not finish the drop".into())
    }

    fn send(&self, kind: &str, data: [u32; 5]) -> Outcome<()> {
        let message = ClientMessageEvent::new(32, self.target, self.screen.atom(kind), data);
        self.screen.connection.send_event(false, self.target, EventMask::NO_EVENT, message)?;
        self.screen.connection.flush()?;
        Ok(())
    }

    fn hand_over(&self, request: &SelectionRequestEvent) -> Outcome<()> {
        let property = if request.property == 0 { request.target } else { request.property };
        self.screen.connection.change_property8(PropMode::REPLACE, request.requestor, property, self.list, self.uris.as_bytes())?;
        let answer = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: request.requestor,
            selection: request.selection,
            target: request.target,
            property,
        };
        self.screen.connection.send_event(false, request.requestor, EventMask::NO_EVENT, answer)?;
        self.screen.connection.flush()?;
        Ok(())
    }
}

fn uri(file: &Path) -> String {
    format!("file://{}\r\n", file.to_string_lossy().replace('%', "%25").replace(' ', "%20"))
}
