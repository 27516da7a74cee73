//! What jumps can lead to: loops, switches, labelled blocks and handlers around the present place.

use cg_types::{CfgKind, StrId};
use rustc_hash::FxHashMap;

use super::fringe::{Ends, Fringe};

const NONE: u32 = u32::MAX;

/// A jump that leaves the present place; targets are positions in [`Frames`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Jump {
    Break(u32),
    Continue(u32),
    Return,
    Throw,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameKind {
    Loop,
    Switch,
    /// A labelled block.
    Block,
    Try,
}

/// The nearest frames of each sort, from a place on outwards; kept for every frame so that a jump from
/// great depth finds its target at once.
#[derive(Clone, Copy)]
struct Nearest {
    /// Target of `continue`.
    loops: u32,
    /// Target of `break`.
    breakable: u32,
    switch: u32,
    /// Where exceptions go first.
    handler: u32,
    /// The FINALLY that every jump outwards has to pass.
    finally: u32,
}

const NOWHERE: Nearest =
    Nearest { loops: NONE, breakable: NONE, switch: NONE, handler: NONE, finally: NONE };

pub(super) struct Frame {
    kind: FrameKind,
    /// Number of CFG nodes when the frame began; of a loop, the position of its first node.
    pub(super) start: u32,
    pub(super) breaks: Fringe,
    pub(super) continues: Fringe,
    /// Of a switch: the node that decides.
    pub(super) dispatch: u32,
    pub(super) has_default: bool,
    /// Exceptions that wait for the handlers, later for FINALLY.
    pub(super) thrown: Fringe,
    /// Jumps that wait for FINALLY.
    pub(super) pending: Vec<(Jump, Fringe)>,
    has_finally: bool,
    label: Option<StrId>,
    nearest: Nearest,
}

impl Frame {
    pub(super) fn new(kind: FrameKind, start: u32) -> Self {
        Self {
            kind,
            start,
            breaks: Fringe::EMPTY,
            continues: Fringe::EMPTY,
            dispatch: NONE,
            has_default: false,
            thrown: Fringe::EMPTY,
            pending: Vec::new(),
            has_finally: false,
            label: None,
            nearest: NOWHERE,
        }
    }

    pub(super) fn of_try(thrown: Fringe, has_finally: bool) -> Self {
        Self { thrown, has_finally, ..Self::new(FrameKind::Try, 0) }
    }
}

/// The frames around the present place, innermost last.
#[derive(Default)]
pub(super) struct Frames {
    frames: Vec<Frame>,
    labels: FxHashMap<StrId, Vec<u32>>,
}

impl Frames {
    pub(super) fn clear(&mut self) {
        self.frames.clear();
        self.labels.clear();
    }

    pub(super) fn push(&mut self, mut frame: Frame, label: Option<StrId>) {
        let at = self.frames.len() as u32;
        let mut nearest = self.nearest();
        match frame.kind {
            FrameKind::Loop => (nearest.loops, nearest.breakable) = (at, at),
            FrameKind::Switch => (nearest.switch, nearest.breakable) = (at, at),
            FrameKind::Block => {}
            FrameKind::Try => {
                nearest.handler = at;
                if frame.has_finally {
                    nearest.finally = at;
                }
            }
        }
        frame.nearest = nearest;
        frame.label = label;
        if let Some(label) = label {
            self.labels.entry(label).or_default().push(at);
        }
        self.frames.push(frame);
    }

    pub(super) fn pop(&mut self) -> Frame {
        let frame =
            self.frames.pop().expect("every frame that is popped was pushed by the same node");
        if let Some(label) = frame.label {
            self.labels.entry(label).or_default().pop();
        }
        frame
    }

    pub(super) fn top_mut(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("the frame of the present loop or switch is on top")
    }

    pub(super) fn nearest_switch(&mut self) -> Option<&mut Frame> {
        let at = self.nearest().switch;
        self.frames.get_mut(at as usize)
    }

    pub(super) fn has_handler(&self) -> bool {
        self.nearest().handler != NONE
    }

    pub(super) fn break_target(&self, label: Option<StrId>) -> Option<u32> {
        self.target(label, self.nearest().breakable)
    }

    pub(super) fn continue_target(&self, label: Option<StrId>) -> Option<u32> {
        self.target(label, self.nearest().loops)
    }

    fn target(&self, label: Option<StrId>, nearest: u32) -> Option<u32> {
        match label {
            Some(label) => self.labels.get(&label)?.last().copied(),
            None => (nearest != NONE).then_some(nearest),
        }
    }

    /// From here on the handlers of the innermost TRY no longer apply, but its FINALLY does. Gives the
    /// exceptions that wait for the handlers.
    pub(super) fn leave_try_body(&mut self) -> Fringe {
        let at = self.frames.len() - 1;
        let outer = at.checked_sub(1).map_or(NOWHERE, |outer| self.frames[outer].nearest);
        let frame = &mut self.frames[at];
        if !frame.has_finally {
            frame.nearest.handler = outer.handler;
        }
        std::mem::replace(&mut frame.thrown, Fringe::EMPTY)
    }

    /// Takes a jump to its frame, or to the FINALLY before it; gives back what leaves the method.
    pub(super) fn route(&mut self, jump: Jump, fringe: Fringe, ends: &mut Ends) -> Option<Fringe> {
        let Nearest { handler, finally, .. } = self.nearest();
        if jump == Jump::Throw {
            let fringe = ends.with_kind(fringe, CfgKind::Exception);
            let Some(frame) = self.frames.get_mut(handler as usize) else { return Some(fringe) };
            frame.thrown = ends.join(frame.thrown, fringe);
            return None;
        }
        let is_passed = match jump {
            Jump::Break(target) | Jump::Continue(target) => finally != NONE && finally > target,
            Jump::Return | Jump::Throw => finally != NONE,
        };
        if is_passed {
            let pending = &mut self.frames[finally as usize].pending;
            match pending.iter_mut().find(|(other, _)| *other == jump) {
                Some((_, waiting)) => *waiting = ends.join(*waiting, fringe),
                None => pending.push((jump, fringe)),
            }
            return None;
        }
        match jump {
            Jump::Break(target) => {
                let frame = &mut self.frames[target as usize];
                frame.breaks = ends.join(frame.breaks, fringe);
                None
            }
            Jump::Continue(target) => {
                let frame = &mut self.frames[target as usize];
                frame.continues = ends.join(frame.continues, fringe);
                None
            }
            Jump::Return | Jump::Throw => Some(fringe),
        }
    }

    fn nearest(&self) -> Nearest {
        self.frames.last().map_or(NOWHERE, |frame| frame.nearest)
    }
}
