//! JavaScript and TypeScript: modules of both kinds, classes, prototypes, object literals, types.

use crate::fixture::repository;

#[test]
fn imports_lead_through_index_files_aliases_and_re_exports() {
    let repo = repository(&[
        (
            "src/util/index.ts",
            "export * from './text';\nexport { go as run } from './go.js';\nexport * as deep from './go';\n",
        ),
        (
            "src/util/text.ts",
            "export function pad() {}\nexport const trim2 = () => pad();\nfunction hidden() {}\n",
        ),
        ("src/util/go.ts", "export function go() {}\nexport default function main() { go(); }\n"),
        (
            "src/app.ts",
            "import { pad, trim2 as t, run, hidden, deep } from './util';\nimport start from './util/go';\nimport * as text from './util/text';\nimport { readFile } from 'node:fs';\nimport axios from 'axios';\npad();\nt();\nrun();\nhidden();\ndeep.go();\nstart();\ntext.pad();\nreadFile();\naxios.get();\nconsole.log();\n",
        ),
    ]);
    assert_eq!(
        repo.calls("src/app.ts"),
        [
            "6 pad -> src/util/text.ts:1",
            "7 t -> src/util/text.ts:2",
            "8 run -> src/util/go.ts:1",
            "9 hidden -> external hidden",
            "10 go -> src/util/go.ts:1",
            "11 start -> src/util/go.ts:2",
            "12 pad -> src/util/text.ts:1",
            "13 readFile -> external fs.readFile",
            "14 get -> external axios.get",
            "15 log -> external console.log",
        ]
    );
    assert_eq!(repo.calls("src/util/text.ts"), ["2 pad -> src/util/text.ts:1"]);
    assert_eq!(
        repo.imports("src/app.ts"),
        [
            "1 -> src/util/text.ts:1",
            "1 -> src/util/text.ts:2",
            "1 -> src/util/go.ts:1",
            "1 -> src/util/go.ts:1",
            "2 -> src/util/go.ts:2",
            "3 -> src/util/text.ts:1"
        ]
    );
}

#[test]
fn modules_of_commonjs_export_functions_objects_and_themselves() {
    let repo = repository(&[
        (
            "lib/a.js",
            "function one() {}\nexports.two = function () { one(); };\nmodule.exports.three = one;\n",
        ),
        ("lib/b.js", "module.exports = class B { run() { this.stop(); } stop() {} };\n"),
        (
            "lib/c.js",
            "const api = { go() { return this.end(); }, end: () => {} };\nmodule.exports = api;\n",
        ),
        ("lib/d.js", "module.exports = function make() {};\nmodule.exports.extra = () => {};\n"),
        (
            "main.js",
            "const a = require('./lib/a');\nconst { two, three: t } = require('./lib/a.js');\nconst B = require('./lib/b');\nconst c = require('./lib/c');\nconst make = require('./lib/d');\na.two();\ntwo();\nt();\nnew B().run();\nc.go();\nmake();\nmake.extra();\nrequire('./lib/c').end();\nrequire('fs').stat();\n",
        ),
    ]);
    let calls = repo.calls("main.js");
    let calls: Vec<&str> =
        calls.iter().map(String::as_str).filter(|call| !call.contains(" require ")).collect();
    assert_eq!(
        calls,
        [
            "6 two -> lib/a.js:2",
            "7 two -> lib/a.js:2",
            "8 t -> lib/a.js:1",
            "9 run -> lib/b.js:1",
            "9 <init> -> external B.<init>",
            "10 go -> lib/c.js:1",
            "11 make -> lib/d.js:1",
            "12 extra -> lib/d.js:2",
            "13 end -> lib/c.js:1",
            "14 stat -> external fs.stat",
        ]
    );
    assert_eq!(repo.calls("lib/b.js"), ["1 stop -> lib/b.js:1"]);
    assert_eq!(repo.calls("lib/c.js"), ["1 end -> lib/c.js:1"]);
}

#[test]
fn methods_are_found_by_constructors_fields_parameters_and_results() {
    let repo = repository(&[(
        "a.ts",
        "class A { run(): B { return new B(); } static make() { return new A(); } }\nclass B { run() {} }\nclass C {\n  b = new B();\n  constructor(private a: A) {}\n  go(x?: A | null) {\n    this.a.run();\n    this.b.run();\n    x!.run().run();\n    A.make().run();\n    const f = () => this.end();\n    (x as B).run();\n  }\n  end() {}\n}\nasync function get(): Promise<B> { return new B(); }\nasync function use(list: B[]) { (await get()).run(); list.map(1); new C(new A()).end(); }\n",
    )]);
    assert_eq!(
        repo.calls("a.ts"),
        [
            "1 <init> -> external B.<init>",
            "1 <init> -> external A.<init>",
            "4 <init> -> external B.<init>",
            "7 run -> a.ts:1",
            "8 run -> a.ts:2",
            "9 run -> a.ts:2",
            "9 run -> a.ts:1",
            "10 run -> a.ts:1",
            "10 make -> a.ts:1",
            "11 end -> a.ts:14",
            "12 run -> a.ts:2",
            "16 <init> -> external B.<init>",
            "17 run -> a.ts:2",
            "17 get -> a.ts:16",
            "17 map -> external Array.map",
            "17 end -> a.ts:14",
            "17 <init> -> a.ts:5",
            "17 <init> -> external A.<init>",
        ]
    );
}

#[test]
fn classes_inherit_and_interfaces_lead_to_what_implements_them() {
    let repo = repository(&[
        (
            "base.ts",
            "export interface Shape { area(): number; }\nexport abstract class Base implements Shape {\n  constructor() {}\n  abstract area(): number;\n  twice() { return this.area(); }\n}\n",
        ),
        (
            "more.ts",
            "import { Base, Shape } from './base';\nimport { Lib } from 'lib';\nclass Square extends Base {\n  constructor() { super(); }\n  area() { return 1; }\n  twice() { return super.twice(); }\n}\nclass L extends Lib { m() { this.other(); } }\nfunction f(s: Shape) { s.area(); new Square().twice(); }\n",
        ),
    ]);
    assert_eq!(
        repo.bases(),
        ["base.ts:2 -> base.ts:1", "more.ts:3 -> base.ts:2", "more.ts:8 -> external Lib",]
    );
    assert_eq!(
        repo.calls("base.ts"),
        ["5 area -> base.ts:4 (likely)", "5 area -> more.ts:5 (likely)"]
    );
    assert_eq!(
        repo.calls("more.ts"),
        [
            "4 <init> -> base.ts:3",
            "6 twice -> base.ts:5",
            "8 other -> external lib.Lib.other",
            "9 area -> base.ts:1 (likely)",
            "9 area -> more.ts:5 (likely)",
            "9 twice -> more.ts:6",
            "9 <init> -> more.ts:4",
        ]
    );
}

#[test]
fn functions_with_prototypes_are_classes() {
    let repo = repository(&[(
        "a.js",
        "function A() { this.x = new B(); }\nA.prototype.go = function () { this.end(); this.x.run(); };\nA.prototype.end = function () {};\nA.of = function () { return new A(); };\nfunction B() {}\nB.prototype = { run() { this.stop(); }, stop: function () {} };\nconst a = new A();\na.go();\nA.of().end();\nnew B().stop();\n",
    )]);
    assert_eq!(
        repo.calls("a.js"),
        [
            "1 <init> -> a.js:5",
            "2 end -> a.js:3",
            "2 run -> a.js:6",
            "4 <init> -> a.js:1",
            "6 stop -> a.js:6",
            "7 <init> -> a.js:1",
            "8 go -> a.js:2",
            "9 end -> a.js:3",
            "9 of -> a.js:4",
            "10 stop -> a.js:6",
            "10 <init> -> a.js:5",
        ]
    );
}

#[test]
fn functions_put_into_an_object_call_each_other_by_this() {
    let repo = repository(&[(
        "a.js",
        "const app = exports = module.exports = {};\napp.start = function start() { this.stop(); };\napp.stop = function () {};\n",
    )]);
    assert_eq!(repo.calls("a.js"), ["2 stop -> a.js:3"]);
}

#[test]
fn callbacks_and_closures_are_followed() {
    let repo = repository(&[(
        "a.js",
        "function each(f) { f(); }\nfunction a() {}\neach(a);\neach(() => a());\nconst g = a;\ng();\n(function () { a(); })();\na.call(null);\n",
    )]);
    assert_eq!(
        repo.calls("a.js"),
        [
            "1 f -> a.js:2 (likely)",
            "1 f -> a.js:4 (likely)",
            "3 each -> a.js:1",
            "4 each -> a.js:1",
            "4 a -> a.js:2",
            "6 g -> a.js:2",
            "7  -> a.js:7",
            "7 a -> a.js:2",
            "8 call -> a.js:2",
        ]
    );
}

#[test]
fn packages_of_the_same_repository_and_names_alone() {
    let repo = repository(&[
        (
            "packages/core/src/index.ts",
            "export function boot() {}\nexport class Only { frobnicate() {} get() {} }\n",
        ),
        (
            "packages/app/src/main.ts",
            "import { boot } from '@acme/core';\nimport { near } from '@/near';\nboot();\nnear();\nfunction f(x) { x.frobnicate(); x.get(); }\n",
        ),
        (
            "packages/app/src/near.ts",
            "export const near = function () {};\nnamespace N { export function q() {} }\nN.q();\n",
        ),
    ]);
    assert_eq!(
        repo.calls("packages/app/src/main.ts"),
        [
            "3 boot -> packages/core/src/index.ts:1",
            "4 near -> packages/app/src/near.ts:1",
            "5 frobnicate -> packages/core/src/index.ts:2 (possible)",
            "5 get -> external get",
        ]
    );
    assert_eq!(repo.calls("packages/app/src/near.ts"), ["3 q -> packages/app/src/near.ts:2"]);
}

#[test]
fn types_in_doc_comments_tell_what_is_called() {
    let repo = repository(&[
        (
            "lib/a.js",
            "class Option {\n  name() {}\n}\nclass Other {\n  name() {}\n}\nmodule.exports = { Option, Other };\n",
        ),
        (
            "lib/b.js",
            "/**\n * @typedef { import(\"./a.js\").Option } Opt\n */\nclass Help {\n  constructor() {\n    /** @type {(Opt | null)} */\n    this.option = null;\n  }\n  /**\n   * @param {Opt} one the option\n   * @returns {Opt}\n   */\n  show(one) {\n    one.name();\n    this.show(one).name();\n    this.option.name();\n  }\n}\n",
        ),
    ]);
    assert_eq!(
        repo.calls("lib/b.js"),
        [
            "14 name -> lib/a.js:2",
            "15 name -> lib/a.js:2",
            "15 show -> lib/b.js:13",
            "16 name -> lib/a.js:2",
        ]
    );
}
