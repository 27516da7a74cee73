// Truth for TypeScript and JavaScript, from the checker of the `typescript` package:
// `node truth_typescript.js FOLDER` prints definitions and calls as JSON lines; offsets are UTF-16 units.
// A call's state is `project`, `external`, `implicit` (a class without a constructor) or `unknown` (the checker has
// no declaration with a body or a signature for it: a value of a function type, `any`).
const path = require('path');
const fs = require('fs');
const ts = require(process.env.TYPESCRIPT || 'typescript');

const root = fs.realpathSync(process.argv[2]);
const files = [];
(function walk(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) walk(full);
    else files.push(full);
  }
})(root);
const program = ts.createProgram(files.sort(), {
  allowJs: true, checkJs: true, noEmit: true, strict: true, jsx: ts.JsxEmit.Preserve, types: [], target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext, moduleResolution: files.some((f) => /\.js$/.test(f)) ? ts.ModuleResolutionKind.Node10 : ts.ModuleResolutionKind.Bundler,
  allowImportingTsExtensions: true, maxNodeModuleJsDepth: 0,
});
const checker = program.getTypeChecker();
const own = new Set(files);
const out = (row) => fs.writeSync(1, JSON.stringify(row) + '\n');
const file = (node) => path.relative(root, node.getSourceFile().fileName);
const line = (node) => node.getSourceFile().getLineAndCharacterOfPosition(node.getStart()).line + 1;

function nameOf(node) {
  if (ts.isConstructorDeclaration(node)) return '<init>';
  if (node.name) return node.name.getText();
  const p = node.parent;
  if (p && (ts.isVariableDeclaration(p) || ts.isPropertyAssignment(p) || ts.isPropertyDeclaration(p))) return p.name.getText();
  if (p && ts.isBinaryExpression(p) && ts.isPropertyAccessExpression(p.left)) return p.left.name.text;
  return '';
}

// The function that a declaration stands for: itself or the value of a variable or property.
function bodies(declaration) {
  if (!declaration) return [];
  if (declaration.body) return [declaration];
  let value = declaration.initializer;
  if (ts.isBinaryExpression(declaration)) value = declaration.right;
  else if (declaration.parent && ts.isBinaryExpression(declaration.parent)) value = declaration.parent.right;
  while (value && ts.isBinaryExpression(value) && value.operatorToken.kind === ts.SyntaxKind.EqualsToken) value = value.right;
  while (value && ts.isParenthesizedExpression(value)) value = value.expression;
  if (value && (ts.isFunctionExpression(value) || ts.isArrowFunction(value))) return [value];
  return [];
}

const place = (node) => [file(node), node.getEnd()];
const overriders = new Map();
const key = (node) => place(node).join(':');

function inheritance(node) {
  const type = checker.getTypeAtLocation(node);
  const seen = new Set();
  const up = (base) => {
    if (!base || !base.symbol || seen.has(base.symbol)) return;
    seen.add(base.symbol);
    for (const declaration of base.symbol.declarations || []) {
      for (const clause of declaration.heritageClauses || []) for (const t of clause.types) up(checker.getTypeAtLocation(t));
    }
    for (const member of node.members) {
      const name = member.name && member.name.getText();
      const inherited = name && base !== type && checker.getPropertyOfType(base, name);
      for (const declaration of (inherited && inherited.declarations) || []) {
        if (own.has(declaration.getSourceFile().fileName)) {
          for (const b of bodies(member)) overriders.set(key(declaration), [...(overriders.get(key(declaration)) || []), place(b)]);
        }
      }
    }
  };
  up(type);
}

function target(call) {
  const signature = checker.getResolvedSignature(call);
  let declaration = signature && signature.declaration;
  const expression = call.expression || call.tag;
  let symbol = expression && checker.getSymbolAtLocation(ts.isPropertyAccessExpression(expression) ? expression.name : expression);
  if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
  const declared = (symbol && symbol.declarations) || [];
  const within = (d) => own.has(d.getSourceFile().fileName);
  if (ts.isNewExpression(call) || expression.kind === ts.SyntaxKind.SuperKeyword) {
    const made = declared.filter(within);
    if (made.some((d) => ts.isClassLike(d) && !d.members.some(ts.isConstructorDeclaration))) return ['implicit', []];
    if (declaration && ts.isConstructorDeclaration(declaration) && within(declaration)) {
      return ['project', declaration.parent.members.filter((m) => ts.isConstructorDeclaration(m) && m.body)];
    }
    const functions = made.flatMap(bodies).filter((b) => !ts.isClassLike(b));
    if (functions.length) return ['project', functions];
    if (made.some(ts.isClassLike)) return ['implicit', []];
    if (declaration && within(declaration)) return ['implicit', []];
    return [declaration || declared.length ? 'external' : 'unknown', []];
  }
  let candidates = declared.filter(within).flatMap(bodies);
  if (!candidates.length && declaration && within(declaration)) candidates = bodies(declaration);
  if (candidates.length) return ['project', candidates];
  const abstract = [...declared, declaration].filter((d) => d && within(d) && overriders.has(key(d)));
  if (abstract.length) return ['project', [], abstract];
  if (declaration && !within(declaration)) return ['external', []];
  if (declared.length && !declared.some(within)) return ['external', []];
  return ['unknown', []];
}

function visit(node, each) {
  each(node);
  ts.forEachChild(node, (child) => visit(child, each));
}

out({ kind: 'unit', unit: 'utf16' });
const sources = files.map((f) => program.getSourceFile(f)).filter(Boolean);
for (const source of sources) visit(source, (node) => ts.isClassLike(node) && inheritance(node));
for (const source of sources) {
  visit(source, (node) => {
    if (ts.isFunctionLike(node) && node.body) {
      const name = nameOf(node);
      if (name) out({ kind: 'def', file: file(node), line: line(node), end: node.getEnd(), name });
    }
    if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return;
    const callee = node.expression;
    if (callee.kind === ts.SyntaxKind.ImportKeyword) return;
    const [state, functions, abstract = []] = target(node);
    const to = [...functions, ...abstract].map(place);
    const also = [...functions, ...abstract].flatMap((f) => overriders.get(key(f)) || []);
    const name = ts.isPropertyAccessExpression(callee) ? callee.name.text : callee.getText().slice(0, 40);
    out({ kind: 'call', file: file(node), line: line(node), name, state, start: node.getStart(), end: node.getEnd(), to, also });
  });
}
