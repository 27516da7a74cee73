//! Loops, switches, matches, labels and handlers: where loose ends part and meet.

use cg_types::{CfgKind, ControlKind, Modifiers, Role};

use super::{NONE, Pending, Task, Walk};
use crate::pass::cfg_frames::{Frame, FrameKind, Jump};
use crate::pass::fringe::Fringe;

impl Walk<'_, '_> {
    pub(super) fn try_start(&mut self, node: u32) {
        let finally = self.ast.with_role(node, Role::FinallyBody);
        let thrown = self.cfg.ends.one(node, CfgKind::Exception);
        self.cfg.frames.push(Frame::of_try(thrown, finally.is_some()), None);
        self.visit_plain(node);
        self.visit_role(node, Role::TryBody);
        self.then(&[Task::TryHandlers]);
        self.visit_role(node, Role::FalseBody);
        self.then(&[Task::TryExits]);
        for child in self.ast.children(node) {
            if self.ast.node(child).role == Role::CatchBody {
                let tasks = [Task::CatchStart(child), Task::Children(child), Task::CatchEnd];
                tasks.iter().for_each(|task| self.cfg.work.push(*task));
            }
        }
        self.then(&[Task::CatchesEnd]);
        match finally {
            Some(finally) => {
                self.then(&[Task::FinallyStart(finally), Task::Children(finally), Task::FinallyEnd])
            }
            None => self.then(&[Task::TryEnd]),
        }
    }

    /// Behind a condition: makes sure that one node decides, and parts the ways.
    pub(super) fn split(&mut self, mark: u32, fallback: u32) {
        self.decide(mark, fallback);
        let other = self.cfg.ends.copy(self.current);
        let other = self.cfg.ends.with_kind(other, CfgKind::False);
        self.current = self.cfg.ends.with_kind(self.current, CfgKind::True);
        self.cfg.saved.push(other);
    }

    pub(super) fn decide(&mut self, mark: u32, fallback: u32) {
        let nothing_new = self.cfg.emitted.len() as u32 == mark;
        let many = !self.current.is_empty() && !self.current.is_single();
        if (nothing_new || many) && self.cfg.seen[fallback as usize] == 0 {
            self.emit(fallback);
        }
    }

    pub(super) fn loop_split(&mut self, node: u32, condition: u32) {
        if condition == NONE {
            self.emit(node);
            self.cfg.saved.push(Fringe::EMPTY);
            return;
        }
        let start = self.cfg.frames.top_mut().start;
        self.split(start, condition);
    }

    /// Back to the loop's first node; goes on where the condition did not hold and keeps the `break`s.
    pub(super) fn loop_end(&mut self) {
        let frame = self.cfg.frames.pop();
        let back = self.cfg.ends.join(self.current, frame.continues);
        if let Some(entry) = self.cfg.emitted.get(frame.start as usize) {
            self.cfg.ends.connect(back, *entry, self.edges);
        }
        self.current = self.unsave();
        self.cfg.saved.push(frame.breaks);
    }

    pub(super) fn switch_start(&mut self, fallback: u32) {
        let mark = self.cfg.marks.pop().unwrap_or(0);
        self.decide(mark, fallback);
        let dispatch = self.cfg.ends.first(self.current).unwrap_or(NONE);
        self.push_frame(FrameKind::Switch, fallback);
        let frame = self.cfg.frames.top_mut();
        frame.dispatch = dispatch;
        // Go's `select` has no other way than its cases.
        frame.has_default = self.ast.node(fallback).control == ControlKind::Switch
            && self.ast.node(fallback).modifiers.has(Modifiers::WILDCARD);
        self.current = Fringe::EMPTY;
    }

    pub(super) fn switch_end(&mut self) {
        let frame = self.cfg.frames.pop();
        if !frame.has_default && frame.dispatch != NONE {
            let unmatched = self.cfg.ends.one(frame.dispatch, CfgKind::False);
            self.join(unmatched);
        }
        self.join(frame.breaks);
    }

    pub(super) fn jump_target(&mut self, node: u32) {
        let name = Some(self.ast.node(node).name);
        if name == self.cfg.case_name || name == self.cfg.default_name {
            if let Some(frame) = self.cfg.frames.nearest_switch() {
                frame.has_default |= name == self.cfg.default_name;
                if frame.dispatch != NONE {
                    let chosen = self.cfg.ends.one(frame.dispatch, CfgKind::Case);
                    self.join(chosen);
                }
            }
        } else {
            self.cfg.labels.insert(self.ast.node(node).name, node);
        }
        self.emit(node);
    }

    pub(super) fn arm_target(&mut self, node: u32) {
        self.emit(node);
        if Some(self.ast.node(node).name) != self.cfg.default_name {
            let unmatched = self.cfg.ends.one(node, CfgKind::False);
            self.cfg.saved.pop();
            self.cfg.saved.push(unmatched);
            self.current = self.cfg.ends.with_kind(self.current, CfgKind::Case);
        }
    }

    pub(super) fn finally_start(&mut self, node: u32) {
        let frame = self.cfg.frames.pop();
        let ordinary = !self.current.is_empty();
        let mut jumps = Vec::new();
        self.join(frame.thrown);
        if !frame.thrown.is_empty() {
            jumps.push(Jump::Throw);
        }
        for (jump, fringe) in frame.pending {
            self.join(fringe);
            jumps.push(jump);
        }
        self.cfg.finallies.push(Pending { ordinary, jumps });
        self.emit(node);
    }

    pub(super) fn finally_end(&mut self) {
        let Some(pending) = self.cfg.finallies.pop() else { return };
        for jump in pending.jumps {
            let copy = self.cfg.ends.copy(self.current);
            self.route(jump, copy);
        }
        if !pending.ordinary {
            self.current = Fringe::EMPTY;
        }
    }
}
