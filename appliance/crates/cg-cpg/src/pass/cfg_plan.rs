//! What the control structures make of their children: the order in which they are evaluated and where
//! control parts and joins.

use cg_types::{ControlKind, NodeKind, Role};

use super::cfg::{NONE, Task, Walk};

impl Walk<'_, '_> {
    pub(super) fn control(&mut self, node: u32) {
        match self.ast.node(node).control {
            ControlKind::If => self.if_(node),
            ControlKind::While => self.while_(node),
            ControlKind::Do => self.do_(node),
            ControlKind::For => self.for_(node),
            ControlKind::Switch => self.switch(node),
            ControlKind::Match => self.match_(node),
            ControlKind::Try => {
                self.then(&[Task::Emit(node), Task::Try(node)]);
            }
            ControlKind::Break
            | ControlKind::Continue
            | ControlKind::Goto
            | ControlKind::Throw
            | ControlKind::Yield => {
                self.then(&[Task::Children(node), Task::Emit(node)]);
            }
            ControlKind::Else | ControlKind::Catch | ControlKind::Finally | ControlKind::None => {
                self.push_children(node);
            }
        }
    }

    fn if_(&mut self, node: u32) {
        let condition = self.ast.with_role(node, Role::Condition);
        self.visit_plain(node);
        self.then(&[Task::Mark]);
        self.visit_some(condition);
        self.then(&[Task::Split(condition.unwrap_or(node))]);
        self.visit_role(node, Role::TrueBody);
        self.then(&[Task::Swap]);
        self.visit_role(node, Role::FalseBody);
        self.then(&[Task::Join]);
    }

    fn while_(&mut self, node: u32) {
        let condition = self.ast.with_role(node, Role::Condition);
        self.visit_plain(node);
        self.then(&[Task::LoopStart(node)]);
        self.visit_some(condition);
        self.then(&[Task::LoopSplit(node, condition.unwrap_or(NONE))]);
        self.visit_role(node, Role::TrueBody);
        self.then(&[Task::LoopEnd]);
        self.visit_role(node, Role::FalseBody);
        self.then(&[Task::Join]);
    }

    fn do_(&mut self, node: u32) {
        let condition = self.ast.with_role(node, Role::Condition);
        self.visit_plain(node);
        self.then(&[Task::LoopStart(node)]);
        self.visit_role(node, Role::DoBody);
        self.then(&[Task::LoopContinue, Task::Mark]);
        self.visit_some(condition);
        self.then(&[Task::Split(condition.unwrap_or(node)), Task::LoopEnd, Task::Join]);
    }

    fn for_(&mut self, node: u32) {
        let condition = self.ast.with_role(node, Role::Condition);
        self.visit_plain(node);
        self.visit_role(node, Role::ForInit);
        self.then(&[Task::LoopStart(node)]);
        self.visit_some(condition);
        self.then(&[Task::LoopSplit(node, condition.unwrap_or(NONE))]);
        self.visit_role(node, Role::ForBody);
        self.then(&[Task::LoopContinue]);
        self.visit_role(node, Role::ForUpdate);
        self.then(&[Task::LoopEnd]);
        self.visit_role(node, Role::FalseBody);
        self.then(&[Task::Join]);
    }

    fn switch(&mut self, node: u32) {
        let condition = self.ast.with_role(node, Role::Condition);
        self.visit_plain(node);
        self.then(&[Task::Mark]);
        self.visit_some(condition);
        self.then(&[Task::SwitchStart(condition.unwrap_or(node))]);
        self.visit_role(node, Role::TrueBody);
        self.then(&[Task::SwitchEnd]);
    }

    fn match_(&mut self, node: u32) {
        self.visit_plain(node);
        self.visit_role(node, Role::Condition);
        self.then(&[Task::MatchStart]);
        let ast = self.ast;
        for arm in ast.children(node).filter(|child| ast.node(*child).role == Role::TrueBody) {
            self.then(&[Task::ArmStart]);
            if self.ast.node(arm).kind != NodeKind::Block {
                self.then(&[Task::Visit(arm), Task::ArmEnd]);
                continue;
            }
            for (position, child) in ast.children(arm).enumerate() {
                let entry = ast.node(child);
                let tasks: &[Task] = if position == 0 && entry.kind == NodeKind::JumpTarget {
                    &[Task::ArmTarget(child)]
                } else if entry.role == Role::Condition {
                    &[Task::Mark, Task::Visit(child), Task::Guard(child)]
                } else {
                    &[Task::Visit(child)]
                };
                tasks.iter().for_each(|task| self.cfg.work.push(*task));
            }
            self.then(&[Task::ArmEnd]);
        }
        self.then(&[Task::MatchEnd]);
    }

    pub(super) fn visit_some(&mut self, node: Option<u32>) {
        if let Some(node) = node {
            self.cfg.work.push(Task::Visit(node));
        }
    }

    pub(super) fn visit_role(&mut self, node: u32, role: Role) {
        for child in self.ast.children(node).filter(|child| self.ast.node(*child).role == role) {
            self.cfg.work.push(Task::Visit(child));
        }
    }

    /// Children of a control structure that have none of its roles.
    pub(super) fn visit_plain(&mut self, node: u32) {
        let is_plain = |child: &u32| {
            matches!(self.ast.node(*child).role, Role::Child | Role::Argument | Role::Receiver)
        };
        for child in self.ast.children(node).filter(is_plain) {
            self.cfg.work.push(Task::Visit(child));
        }
    }
}
