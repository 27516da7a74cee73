//! A page to be printed: no scripts, no links, nothing loaded, everything escaped.

use crate::table::plain;

const STYLE: &str = "\
body{font:10pt/1.35 sans-serif;margin:2em;color:#000;background:#fff}
h1{font-size:16pt;margin:0 0 .3em}h2{font-size:12pt;margin:1.2em 0 .3em;break-after:avoid}
table{border-collapse:collapse;width:100%}thead{display:table-header-group}tr{break-inside:avoid}
th,td{border-bottom:1px solid #999;padding:.15em .5em .15em 0;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th.n,td.n{text-align:right;white-space:nowrap}code,td.d{font-family:monospace;font-size:8.5pt}
p.warn{border:2px solid #000;padding:.4em .6em;font-weight:bold}
table.sign td{height:3.2em;border:1px solid #000;padding:.2em .4em;width:33%}
@page{size:A4;margin:15mm}@media print{body{margin:0}}
";

/// Text in a page.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A whole page; `body` is HTML already.
pub(crate) fn page(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{body}</body>\n</html>\n"
    )
}

/// A headed table; nothing where it would be empty. A title that ends in `#` aligns its column to the right.
pub(crate) fn table(heading: &str, titles: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let class = |column: usize| match titles.get(column) {
        Some(title) if title.ends_with('#') => " class=\"n\"",
        Some(&"digest" | &"SHA-256") => " class=\"d\"",
        _ => "",
    };
    let mut out = format!("<h2>{}</h2>\n<table>\n<thead><tr>", escape(heading));
    for (column, title) in titles.iter().enumerate() {
        out.push_str(&format!("<th{}>{}</th>", class(column), escape(title.trim_end_matches('#'))));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for (column, cell) in row.iter().enumerate() {
            out.push_str(&format!("<td{}>{}</td>", class(column), escape(cell)));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n");
    out
}
