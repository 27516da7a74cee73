//! Control flow of one method from its lowered body.
//!
//! One walk in order of evaluation keeps the loose ends of control (a [`Fringe`]) and leads them to each
//! node as it is evaluated. What a node means for control is written at [`crate::builder`]. Two nodes
//! stand in the CFG beyond those that are evaluated: TRY (from which control may go to the handlers before
//! anything is evaluated) and a loop or IF without a condition, in place of the condition.

mod branches;

use cg_types::{CfgEdge, CfgKind, ControlKind, Modifiers, NodeKind, Role, StrId};
use rustc_hash::FxHashMap;

use super::cfg_frames::{Frame, FrameKind, Frames, Jump};
use super::fringe::{Ends, Fringe};
use super::tree::Ast;
use crate::operator::Operator;
use crate::syntax::Work;

/// "No node."
pub(super) const NONE: u32 = u32::MAX;

/// A step of the walk. What a step leaves for a later one lies on `Cfg::saved` and `Cfg::marks`.
#[derive(Clone, Copy)]
pub(super) enum Task {
    /// Evaluates a node.
    Visit(u32),
    /// Leads control to a node.
    Emit(u32),
    /// Evaluates the children.
    Children(u32),
    /// Remembers how many nodes stand in the CFG.
    Mark,
    /// Behind a condition: goes on where it holds, keeps the other way.
    Split(u32),
    /// Goes on with the way that was kept, keeps this one.
    Swap,
    /// Joins the way that was kept.
    Join,
    LoopStart(u32),
    /// Behind a loop's condition (`NONE`: has none, the loop itself stands for it).
    LoopSplit(u32, u32),
    /// Before what `continue` leads to.
    LoopContinue,
    LoopEnd,
    BlockStart(u32),
    BlockEnd,
    SwitchStart(u32),
    SwitchEnd,
    MatchStart,
    ArmStart,
    ArmTarget(u32),
    Guard(u32),
    ArmEnd,
    MatchEnd,
    Try(u32),
    TryHandlers,
    TryExits,
    CatchStart(u32),
    CatchEnd,
    CatchesEnd,
    FinallyStart(u32),
    FinallyEnd,
    TryEnd,
}

/// A FINALLY on its way: whether it was entered in the ordinary way, and which jumps wait for its end.
struct Pending {
    ordinary: bool,
    jumps: Vec<Jump>,
}

/// Working memory, used again for each method.
#[derive(Default)]
pub(super) struct Cfg {
    /// CFG nodes in order of evaluation.
    pub(super) emitted: Vec<u32>,
    /// By node index: position in `emitted` plus one; 0 elsewhere.
    pub(super) seen: Vec<u32>,
    ends: Ends,
    pub(super) work: Work<Task>,
    frames: Frames,
    saved: Vec<Fringe>,
    marks: Vec<u32>,
    finallies: Vec<Pending>,
    labels: FxHashMap<StrId, u32>,
    gotos: Vec<(u32, StrId)>,
    default_name: Option<StrId>,
    case_name: Option<StrId>,
}

impl Cfg {
    /// Prepares for the methods of a file.
    pub(super) fn start_file(
        &mut self,
        nodes: usize,
        default_name: Option<StrId>,
        case_name: Option<StrId>,
    ) {
        self.seen.clear();
        self.seen.resize(nodes, 0);
        self.default_name = default_name;
        self.case_name = case_name;
    }

    /// Adds the edges of a method with this body to `edges`.
    pub(super) fn method(
        &mut self,
        ast: &Ast<'_>,
        method: u32,
        body: u32,
        exit: u32,
        edges: &mut Vec<CfgEdge>,
    ) {
        self.emitted.clear();
        self.ends.clear();
        self.labels.clear();
        self.gotos.clear();
        self.frames.clear();
        let current = self.ends.one(method, CfgKind::Next);
        let mut walk = Walk { cfg: self, ast, exit, edges, current };
        walk.cfg.work.push(Task::Visit(body));
        while let Some(task) = walk.cfg.work.next() {
            walk.step(task);
        }
        walk.finish();
    }
}

pub(super) struct Walk<'a, 'n> {
    pub(super) cfg: &'a mut Cfg,
    pub(super) ast: &'a Ast<'n>,
    exit: u32,
    edges: &'a mut Vec<CfgEdge>,
    current: Fringe,
}

impl Walk<'_, '_> {
    fn step(&mut self, task: Task) {
        match task {
            Task::Visit(node) => self.visit(node),
            Task::Emit(node) => self.emit(node),
            Task::Children(node) => self.push_children(node),
            Task::Mark => self.cfg.marks.push(self.cfg.emitted.len() as u32),
            Task::Split(fallback) => {
                let mark = self.cfg.marks.pop().unwrap_or(0);
                self.split(mark, fallback);
            }
            Task::Swap => {
                let other = self.unsave();
                self.cfg.saved.push(std::mem::replace(&mut self.current, other));
            }
            Task::Join => {
                let other = self.unsave();
                self.join(other);
            }
            Task::LoopStart(node) => self.push_frame(FrameKind::Loop, node),
            Task::LoopSplit(node, condition) => self.loop_split(node, condition),
            Task::LoopContinue => {
                let frame = self.cfg.frames.top_mut();
                let continues = std::mem::replace(&mut frame.continues, Fringe::EMPTY);
                self.join(continues);
            }
            Task::LoopEnd => self.loop_end(),
            Task::BlockStart(node) => self.push_frame(FrameKind::Block, node),
            Task::BlockEnd => {
                let frame = self.cfg.frames.pop();
                self.join(frame.breaks);
            }
            Task::SwitchStart(fallback) => self.switch_start(fallback),
            Task::SwitchEnd => self.switch_end(),
            Task::MatchStart => {
                self.cfg.saved.push(Fringe::EMPTY);
                self.cfg.saved.push(self.current);
            }
            Task::ArmStart => {
                self.current = self.unsave();
                self.cfg.saved.push(Fringe::EMPTY);
            }
            Task::ArmTarget(node) => self.arm_target(node),
            Task::Guard(guard) => {
                let mark = self.cfg.marks.pop().unwrap_or(0);
                self.split(mark, guard);
                let (refused, unmatched) = (self.unsave(), self.unsave());
                let unmatched = self.cfg.ends.join(unmatched, refused);
                self.cfg.saved.push(unmatched);
            }
            Task::ArmEnd | Task::CatchEnd => {
                let (left_over, exits) = (self.unsave(), self.unsave());
                let exits = self.cfg.ends.join(exits, self.current);
                self.cfg.saved.extend([exits, left_over]);
                self.current = Fringe::EMPTY;
            }
            Task::MatchEnd => {
                let (unmatched, exits) = (self.unsave(), self.unsave());
                self.current = self.cfg.ends.join(exits, unmatched);
            }
            Task::Try(node) => self.try_start(node),
            Task::TryHandlers => {
                let unhandled = self.cfg.frames.leave_try_body();
                self.cfg.saved.push(unhandled);
            }
            Task::TryExits => {
                let unhandled = self.unsave();
                self.cfg.saved.extend([self.current, unhandled]);
                self.current = Fringe::EMPTY;
            }
            Task::CatchStart(node) => {
                self.current = self.unsave();
                self.emit(node);
                let catches_all = self.ast.node(node).modifiers.has(Modifiers::WILDCARD);
                let other = if catches_all {
                    Fringe::EMPTY
                } else {
                    self.cfg.ends.one(node, CfgKind::False)
                };
                self.cfg.saved.push(other);
                self.current = self.cfg.ends.one(node, CfgKind::True);
            }
            Task::CatchesEnd => {
                let (unhandled, exits) = (self.unsave(), self.unsave());
                let unhandled = self.cfg.ends.with_kind(unhandled, CfgKind::Exception);
                self.route(Jump::Throw, unhandled);
                self.current = exits;
            }
            Task::FinallyStart(node) => self.finally_start(node),
            Task::FinallyEnd => self.finally_end(),
            Task::TryEnd => {
                self.cfg.frames.pop();
            }
        }
    }

    fn visit(&mut self, node: u32) {
        let entry = self.ast.node(node);
        match entry.kind {
            NodeKind::Method
            | NodeKind::TypeDecl
            | NodeKind::Local
            | NodeKind::Import
            | NodeKind::Member
            | NodeKind::Modifier
            | NodeKind::Annotation
            | NodeKind::TypeParameter
            | NodeKind::Comment
            | NodeKind::NamespaceBlock
            | NodeKind::File
            | NodeKind::MethodParameterIn
            | NodeKind::MethodReturn
            | NodeKind::JumpLabel => {}
            NodeKind::Block => match self.ast.label(node) {
                Some(_) => {
                    self.then(&[Task::BlockStart(node), Task::Children(node), Task::BlockEnd])
                }
                None => self.push_children(node),
            },
            NodeKind::ControlStructure => self.control(node),
            NodeKind::JumpTarget => self.jump_target(node),
            NodeKind::Return => self.then(&[Task::Children(node), Task::Emit(node)]),
            NodeKind::Call => self.call(node),
            NodeKind::Identifier
            | NodeKind::FieldIdentifier
            | NodeKind::Literal
            | NodeKind::MethodRef
            | NodeKind::TypeRef
            | NodeKind::Unknown => self.evaluate(node),
        }
    }

    fn evaluate(&mut self, node: u32) {
        if self.ast.is_leaf(node) {
            return self.emit(node);
        }
        self.push_children(node);
        self.cfg.work.push(Task::Emit(node));
    }

    fn call(&mut self, node: u32) {
        let argument = |number| self.ast.argument(node, number);
        match self.ast.operator(node) {
            Some(operator @ (Operator::LogicalAnd | Operator::LogicalOr | Operator::Elvis)) => {
                let (a, b) = (argument(1), argument(2));
                let Some(first) = a else { return self.evaluate(node) };
                self.then(&[Task::Mark, Task::Visit(first), Task::Split(first)]);
                if operator != Operator::LogicalAnd {
                    self.then(&[Task::Swap]);
                }
                self.visit_some(b);
                self.then(&[Task::Join, Task::Emit(node)]);
            }
            Some(Operator::Conditional) => {
                let (a, b, c) = (argument(1), argument(2), argument(3));
                let Some(first) = a else { return self.evaluate(node) };
                self.then(&[Task::Mark, Task::Visit(first), Task::Split(first)]);
                self.visit_some(b);
                self.then(&[Task::Swap]);
                self.visit_some(c);
                self.then(&[Task::Join, Task::Emit(node)]);
            }
            _ => self.evaluate(node),
        }
    }

    /// Leads control to a node; jumps leave from it.
    fn emit(&mut self, node: u32) {
        self.cfg.ends.connect(self.current, node, self.edges);
        self.cfg.emitted.push(node);
        self.cfg.seen[node as usize] = self.cfg.emitted.len() as u32;
        self.current = self.cfg.ends.one(node, CfgKind::Next);
        let entry = self.ast.node(node);
        match (entry.kind, entry.control) {
            (NodeKind::Call, _) => self.raise(node),
            (NodeKind::Return, _) => self.leave(Jump::Return),
            (_, ControlKind::Throw) => {
                self.current = self.cfg.ends.with_kind(self.current, CfgKind::Exception);
                self.leave(Jump::Throw);
            }
            (_, ControlKind::Break) => match self.cfg.frames.break_target(self.jump_label(node)) {
                Some(target) => self.leave(Jump::Break(target)),
                None => self.current = Fringe::EMPTY,
            },
            (_, ControlKind::Continue) => {
                match self.cfg.frames.continue_target(self.jump_label(node)) {
                    Some(target) => self.leave(Jump::Continue(target)),
                    None => self.current = Fringe::EMPTY,
                }
            }
            (_, ControlKind::Goto) => {
                if let Some(label) = self.jump_label(node) {
                    self.cfg.gotos.push((node, label));
                }
                self.current = Fringe::EMPTY;
            }
            _ => {}
        }
    }

    /// The ways on which a call may not come back.
    fn raise(&mut self, node: u32) {
        let operator = self.ast.operator(node);
        if operator == Some(Operator::Try) {
            let early = self.cfg.ends.one(node, CfgKind::Exception);
            return self.route(Jump::Return, early);
        }
        if self.cfg.frames.has_handler() && operator.is_none_or(Operator::may_raise) {
            let thrown = self.cfg.ends.one(node, CfgKind::Exception);
            self.route(Jump::Throw, thrown);
        }
    }

    fn leave(&mut self, jump: Jump) {
        let fringe = std::mem::replace(&mut self.current, Fringe::EMPTY);
        self.route(jump, fringe);
    }

    fn route(&mut self, jump: Jump, fringe: Fringe) {
        if fringe.is_empty() {
            return;
        }
        if let Some(leaving) = self.cfg.frames.route(jump, fringe, &mut self.cfg.ends) {
            self.cfg.ends.connect(leaving, self.exit, self.edges);
        }
    }

    fn finish(&mut self) {
        self.cfg.ends.connect(self.current, self.exit, self.edges);
        for (src, label) in std::mem::take(&mut self.cfg.gotos) {
            if let Some(target) = self.cfg.labels.get(&label) {
                let end = self.cfg.ends.one(src, CfgKind::Next);
                self.cfg.ends.connect(end, *target, self.edges);
            }
        }
        self.cfg.saved.clear();
        self.cfg.marks.clear();
        self.cfg.finallies.clear();
    }

    fn push_frame(&mut self, kind: FrameKind, node: u32) {
        let start = self.cfg.emitted.len() as u32;
        self.cfg.frames.push(Frame::new(kind, start), self.ast.label(node));
    }

    fn join(&mut self, other: Fringe) {
        self.current = self.cfg.ends.join(self.current, other);
    }

    fn unsave(&mut self) -> Fringe {
        self.cfg.saved.pop().unwrap_or(Fringe::EMPTY)
    }

    pub(super) fn then(&mut self, tasks: &[Task]) {
        tasks.iter().for_each(|task| self.cfg.work.push(*task));
    }

    pub(super) fn push_children(&mut self, node: u32) {
        for child in self.ast.children(node) {
            self.cfg.work.push(Task::Visit(child));
        }
    }

    fn jump_label(&self, node: u32) -> Option<StrId> {
        let label = self.ast.with_role(node, Role::JumpArgument)?;
        Some(self.ast.node(label).name)
    }
}
