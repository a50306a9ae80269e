//! Menus by keyboard. The toolkit moves through entries by arrow keys; here are the first entry, Home and End, and the way back to the button.

use egui::{Context, FocusDirection, Id, Key, Popup, Response, Ui};

/// What is remembered of a menu from frame to frame.
#[derive(Clone, Copy, Default)]
struct Menu {
    /// Whether it was open in the last frame.
    was_open: bool,
    /// Whether the keyboard shall come to its first entry.
    enters: bool,
}

/// Shows the menu of a button.
pub(super) fn show<R>(menu: Popup<'_>, button: &Response, content: impl FnOnce(&mut Ui) -> R) -> Option<R> {
    let shown = menu.show(|ui| {
        let inner = content(ui);
        steer(ui);
        inner
    });
    settle(button);
    shown.map(|shown| shown.inner)
}

/// Moves the keyboard within a menu that is open; to be called behind its last entry.
pub(super) fn steer(ui: &Ui) {
    if ui.is_sizing_pass() {
        return;
    }
    let place = place(ui.layer_id().id);
    let enters = ui.data_mut(|data| {
        let menu = data.get_temp_mut_or_default::<Menu>(place);
        std::mem::take(&mut menu.enters)
    });
    // Fields have these keys for themselves.
    let pressed = |key| !ui.ctx().text_edit_focused() && ui.input(|input| input.key_pressed(key));
    let direction = match (enters || pressed(Key::Home), pressed(Key::End)) {
        (true, _) => FocusDirection::Down,
        (false, true) => FocusDirection::Up,
        (false, false) => return,
    };
    // From nowhere the toolkit goes to the first entry, or to the last.
    ui.memory_mut(|memory| {
        if let Some(focused) = memory.focused() {
            memory.surrender_focus(focused);
        }
        memory.move_focus(direction);
    });
}

/// Follows the opening and closing of a button's menu; to be called behind it in every frame.
pub(super) fn settle(button: &Response) {
    let ctx = &button.ctx;
    let popup = Popup::default_response_id(button);
    let is_open = Popup::is_id_open(ctx, popup);
    let was_open = ctx.data(|data| data.get_temp::<Menu>(place(popup))).is_some_and(|menu| menu.was_open);
    if is_open == was_open {
        return;
    }
    let by_keyboard = button.clicked() && !ctx.input(|input| input.pointer.any_click());
    ctx.data_mut(|data| data.insert_temp(place(popup), Menu { was_open: is_open, enters: is_open && by_keyboard }));
    if is_open {
        ctx.request_repaint();
    } else if ctx.input(|input| input.key_pressed(Key::Escape)) || holds_keyboard(ctx, popup) {
        button.request_focus();
    }
}

/// Whether the keyboard is at something in this menu.
fn holds_keyboard(ctx: &Context, popup: Id) -> bool {
    let focused = ctx.memory(egui::Memory::focused);
    focused.and_then(|id| ctx.read_response(id)).is_some_and(|response| response.layer_id.id == popup)
}

fn place(popup: Id) -> Id {
    popup.with("menu by keyboard")
}
