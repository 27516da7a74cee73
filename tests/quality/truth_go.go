// Truth for Go, from go/types: `go run truth_go.go FOLDER IMPORTPATH` prints definitions and calls as JSON lines.
// A call's state is `project`, `external` or `unknown` (a value of a function type). Offsets are bytes.
// A call through an interface goes to the interface's method; the methods of the project's types that implement it are
// `also` right.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

type place [2]any

type row struct {
	Kind  string  `json:"kind"`
	File  string  `json:"file"`
	Line  int     `json:"line"`
	Start int     `json:"start"`
	End   int     `json:"end"`
	Name  string  `json:"name"`
	State string  `json:"state,omitempty"`
	To    []place `json:"to"`
	Also  []place `json:"also"`
}

type project struct {
	root, path string
	files      *token.FileSet
	outside    types.ImporterFrom
	packages   map[string]*types.Package
	trees      []*ast.File
	info       *types.Info
	places     map[types.Object]place
}

func (p *project) Import(path string) (*types.Package, error) { return p.ImportFrom(path, p.root, 0) }

func (p *project) ImportFrom(path, dir string, mode types.ImportMode) (*types.Package, error) {
	if path != p.path && !strings.HasPrefix(path, p.path+"/") {
		return p.outside.ImportFrom(path, p.root, mode)
	}
	return p.check(path, filepath.Join(p.root, strings.TrimPrefix(path, p.path)))
}

func (p *project) check(path, dir string) (*types.Package, error) {
	if done, ok := p.packages[path]; ok {
		return done, nil
	}
	listed, err := build.Default.ImportDir(dir, 0)
	if err != nil {
		return nil, err
	}
	var trees []*ast.File
	for _, name := range listed.GoFiles {
		tree, err := parser.ParseFile(p.files, filepath.Join(dir, name), nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		trees = append(trees, tree)
	}
	config := types.Config{Importer: p, Error: func(err error) { fmt.Fprintln(os.Stderr, err) }}
	made, _ := config.Check(path, p.files, trees, p.info)
	p.packages[path] = made
	p.trees = append(p.trees, trees...)
	return made, nil
}

func (p *project) at(node ast.Node) (file string, line, start, end int) {
	from, to := p.files.Position(node.Pos()), p.files.Position(node.End())
	name, _ := filepath.Rel(p.root, from.Filename)
	return name, from.Line, from.Offset, to.Offset
}

// Where functions and the methods of interfaces are written.
func (p *project) definitions(out func(row)) {
	for _, tree := range p.trees {
		ast.Inspect(tree, func(node ast.Node) bool {
			switch n := node.(type) {
			case *ast.FuncDecl:
				file, line, start, end := p.at(n)
				p.places[p.info.Defs[n.Name]] = place{file, end}
				if n.Body != nil {
					out(row{Kind: "def", File: file, Line: line, Start: start, End: end, Name: n.Name.Name})
				}
			case *ast.InterfaceType:
				for _, field := range n.Methods.List {
					for _, name := range field.Names {
						file, _, _, end := p.at(field)
						p.places[p.info.Defs[name]] = place{file, end}
					}
				}
			}
			return true
		})
	}
}

// The project's methods that stand in for a method of an interface.
func (p *project) implementers(method *types.Func, of *types.Interface) []place {
	found := []place{}
	for _, pkg := range p.packages {
		for _, name := range pkg.Scope().Names() {
			made, ok := pkg.Scope().Lookup(name).(*types.TypeName)
			if !ok || types.IsInterface(made.Type()) {
				continue
			}
			pointer := types.NewPointer(made.Type())
			if named, ok := made.Type().(*types.Named); ok && named.TypeParams().Len() > 0 || !types.Implements(pointer, of) {
				continue
			}
			object, _, _ := types.LookupFieldOrMethod(pointer, true, method.Pkg(), method.Name())
			if at, ok := p.places[object]; ok {
				found = append(found, at)
			}
		}
	}
	sort.Slice(found, func(i, j int) bool { return fmt.Sprint(found[i]) < fmt.Sprint(found[j]) })
	return found
}

func (p *project) callee(call *ast.CallExpr) (name string, object types.Object, skip bool) {
	expression := call.Fun
	for wrapped, ok := expression.(*ast.ParenExpr); ok; wrapped, ok = expression.(*ast.ParenExpr) {
		expression = wrapped.X
	}
	switch indexed := expression.(type) {
	case *ast.IndexExpr:
		expression = indexed.X
	case *ast.IndexListExpr:
		expression = indexed.X
	}
	if p.info.Types[call.Fun].IsType() || p.info.Types[call.Fun].IsBuiltin() {
		return "", nil, true
	}
	switch e := expression.(type) {
	case *ast.Ident:
		return e.Name, p.info.Uses[e], false
	case *ast.SelectorExpr:
		return e.Sel.Name, p.info.Uses[e.Sel], false
	case *ast.FuncLit:
		return "", nil, true
	}
	return "", nil, false
}

func (p *project) calls(out func(row)) {
	for _, tree := range p.trees {
		ast.Inspect(tree, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok {
				return true
			}
			name, object, skip := p.callee(call)
			if skip {
				return true
			}
			file, line, start, end := p.at(call)
			r := row{Kind: "call", File: file, Line: line, Start: start, End: end, Name: name, State: "unknown", To: []place{}, Also: []place{}}
			if function, ok := object.(*types.Func); ok {
				function = function.Origin()
				r.State = "external"
				if at, ok := p.places[function]; ok {
					r.State, r.To = "project", []place{at}
				}
				if receiver := function.Type().(*types.Signature).Recv(); receiver != nil {
					if of, ok := receiver.Type().Underlying().(*types.Interface); ok {
						if r.Also = p.implementers(function, of); len(r.Also) > 0 {
							r.State = "project"
						}
					}
				}
			}
			out(r)
			return true
		})
	}
}

func main() {
	root, err := filepath.EvalSymlinks(os.Args[1])
	if err != nil {
		panic(err)
	}
	files := token.NewFileSet()
	p := &project{
		root: root, path: os.Args[2], files: files,
		outside:  importer.ForCompiler(files, "source", nil).(types.ImporterFrom),
		packages: map[string]*types.Package{}, places: map[types.Object]place{},
		info: &types.Info{
			Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		},
	}
	filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if entry.IsDir() {
			inner, _ := filepath.Rel(root, path)
			if _, err := p.check(strings.TrimSuffix(p.path+"/"+inner, "/."), path); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
		return nil
	})
	lines := json.NewEncoder(os.Stdout)
	out := func(r row) { lines.Encode(r) }
	p.definitions(out)
	p.calls(out)
}
