//! Rows of invitations as a spreadsheet exports them: CSV, as RFC 4180 has it and as programs write it.
//!
//! - The first line that says anything names the columns, in any order and case. Those that may be there are [`columns::COLUMNS`].
//! - Cells are parted by commas, semicolons (as programs do where the comma is a decimal sign) or tabs: by whichever that
//!   line has most of, or as a line `sep=;` before it says. Quoted cells hold any of them, and line ends.
//! - A quote that is left open, or closed in the middle of a cell, refuses the file: what stands behind it is somebody
//!   else's row, and would be mailed to the wrong person.
//! - UTF-8, with or without a byte order mark. Lines end as anywhere.
//! - An empty cell says nothing. A line of empty cells is left out and not counted: row 1 is the first that says anything.
//! - Several workspaces, permissions, kinds or resources in one cell are parted by spaces or semicolons. Behind a resource stands,
//!   parted by colons, that they `approve` on it, and whose credentials reach it: `res_…:approve:member`. In the place of
//!   permissions stands a member whose are copied.
//! - In `workspaces` and `accounts` stand names, as people know them, parted by semicolons or line ends; behind the name of an
//!   account the same as behind a resource. They become `workspaces` and `{"name": …}` of the row, which `named` looks up.
//! - The columns `line` and `problem` are of a file that [`to_mend`] wrote, and say nothing. So does an apostrophe before a sign
//!   that a spreadsheet would take for the beginning of a formula.
//!
//! A file is read a row at a time, and no further than what makes it too long: of what a row says, only what was made of it
//! is kept.

mod columns;

use std::borrow::Cow;

use csv::{ReaderBuilder, StringRecord, Trim};
use serde_json::Value;

use crate::error::{Code, Error, Refusal, Result};
use columns::{LINE, PROBLEM};

/// What a spreadsheet takes for the beginning of a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// What cells may be parted by.
const DELIMITERS: [char; 3] = ['\t', ';', ','];

/// Reads the rows, `read` making of each what is kept of it: of the line it begins on and the JSON that says the same, or the
/// refusal of a row that is larger than `largest` bytes. Stops behind the row that is one more than `most`.
///
/// # Errors
/// 400 for what is no text, 422 for columns that can't be used. What is wrong with a row is that row's own: it then says
/// something that is refused in its place.
pub fn rows<T>(
    body: &[u8],
    most: usize,
    largest: usize,
    mut read: impl FnMut(u64, Result<Value>) -> T,
) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    each(body, &mut |line, columns, record| {
        let fits = record.as_slice().len() <= largest;
        rows.push(read(line, if fits { columns::row(columns, record) } else { Err(too_large()) }));
        rows.len() <= most
    })?;
    Ok(rows)
}

/// A file of those rows of another that are to be mended: each with the line that it stood on and what is wrong with it, and
/// else as it was. It can be sent again as it is. No cell of it is a formula to a spreadsheet.
///
/// # Errors
/// As [`rows`]'s.
pub fn to_mend(body: &[u8], problems: &[(u64, &str)]) -> Result<String> {
    let mut file = String::new();
    each(body, &mut |line, columns, record| {
        let shown = |column: &&&str| ![LINE, PROBLEM].contains(&**column);
        if file.is_empty() {
            let named: Vec<&str> =
                [LINE, PROBLEM].iter().chain(columns.iter().filter(shown)).copied().collect();
            file = format!("{}\r\n", named.join(","));
        }
        if let Some((_, problem)) = problems.iter().find(|(of, _)| *of == line) {
            file.push_str(&line.to_string());
            put(&mut file, problem);
            let cells = columns.iter().zip(record).filter(|(column, _)| shown(column)).map(|(_, cell)| cell);
            // What is beyond the columns is what is wrong with the row.
            for cell in cells.chain(record.iter().skip(columns.len())) {
                put(&mut file, cell);
            }
            file.push_str("\r\n");
        }
        true
    })?;
    Ok(file)
}

/// A line of cells.
pub fn line<'a>(file: &mut String, cells: impl Iterator<Item = &'a str>) {
    let start = file.len();
    for cell in cells {
        put(file, cell);
    }
    // Each stands behind a comma.
    if start < file.len() {
        file.remove(start);
    }
    file.push_str("\r\n");
}

/// One more cell of a line, behind the others.
pub fn put(file: &mut String, cell: &str) {
    let formula = if cell.starts_with(FORMULA) { "'" } else { "" };
    file.push_str(",\"");
    file.push_str(formula);
    file.push_str(&cell.replace('"', "\"\""));
    file.push('"');
}

/// A cell without the apostrophe that keeps a spreadsheet from taking it for a formula.
fn bare(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(FORMULA)).unwrap_or(cell)
}

/// Goes through the rows that say anything, each with the line that it begins on, until `read` wants no more.
fn each(body: &[u8], read: &mut dyn FnMut(u64, &[&'static str], &StringRecord) -> bool) -> Result<()> {
    let text =
        std::str::from_utf8(body).map_err(|_| not_csv("The file is not UTF-8. Save it as CSV in UTF-8."))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (table, delimiter) = table(text);
    check_quotes(text, table, delimiter)?;
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(table.as_bytes());
    let columns = columns::named(reader.headers().map_err(|_| not_csv("The file can't be read as CSV."))?)?;
    let above = text.strip_suffix(table).unwrap_or_default().bytes().filter(|byte| *byte == b'\n');
    let above = u64::try_from(above.count()).unwrap_or(0);
    for record in reader.records() {
        let record = record.map_err(|_| not_csv("The file can't be read as CSV."))?;
        if record.iter().any(|cell| !cell.is_empty()) {
            let line = record.position().map_or(0, |position| above + line_of(table, position));
            if !read(line, &columns, &record) {
                break;
            }
        }
    }
    Ok(())
}

/// The line on which a row begins. The reader counts the empty lines before a row to it.
fn line_of(text: &str, position: &csv::Position) -> u64 {
    let rest = usize::try_from(position.byte()).ok().and_then(|byte| text.as_bytes().get(byte..));
    let empty = rest.unwrap_or_default().iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    empty.filter(|byte| **byte == b'\n').fold(position.line(), |line, _| line + 1)
}

/// The refusal of a row that is larger than any that can be meant.
#[must_use]
pub fn too_large() -> Error {
    Refusal::new(Code::PayloadTooLarge).because("This row is too large. Send at most 64 KiB in one.").into()
}

fn not_csv(detail: impl Into<Cow<'static, str>>) -> Error {
    Refusal::new(Code::InvalidForm).because(detail).into()
}

/// The part of a file that is its table, from the line that names the columns on, and what parts its cells.
fn table(text: &str) -> (&str, u8) {
    let mut rest = text;
    let mut said = None;
    loop {
        let line = rest.lines().next().unwrap_or_default();
        let behind = rest.get(line.len()..).unwrap_or_default();
        let blank = line.chars().all(|sign| sign.is_whitespace() || DELIMITERS.contains(&sign));
        match line.to_lowercase().strip_prefix("sep=").map(str::as_bytes) {
            // Spreadsheets write this for each other, and not as a part of the table.
            Some(&[sign]) if DELIMITERS.contains(&char::from(sign)) => said = Some(sign),
            _ if blank && !behind.is_empty() => {}
            _ => {
                // Of several that come equally often the last is taken: the comma.
                let often = |sign: &char| line.matches(*sign).count();
                let delimiter = DELIMITERS.into_iter().max_by_key(often);
                let delimiter = delimiter.and_then(|sign| u8::try_from(sign).ok());
                return (rest, said.or(delimiter).unwrap_or(b','));
            }
        }
        rest = behind.strip_prefix('\r').unwrap_or(behind);
        rest = rest.strip_prefix('\n').unwrap_or(rest);
    }
}

/// Refuses a quote that is not closed where its cell ends: a reader that goes on would take the next rows for a part of it.
fn check_quotes(text: &str, table: &str, delimiter: u8) -> Result<()> {
    /// Where in a cell a byte stands.
    enum At {
        Start,
        Plain,
        Quoted,
        Closed,
    }
    let lines = |part: &str| 1 + part.matches('\n').count();
    let mut line = lines(text) - lines(table) + 1;
    let (mut at, mut opened) = (At::Start, line);
    for byte in table.bytes() {
        at = match (at, byte) {
            (At::Start, b'"') => {
                opened = line;
                At::Quoted
            }
            (At::Quoted, b'"') => At::Closed,
            // Two in a row are one that is meant.
            (At::Quoted, _) | (At::Closed, b'"') => At::Quoted,
            (_, b'\r' | b'\n') => At::Start,
            (_, byte) if byte == delimiter => At::Start,
            (At::Closed, b' ') => At::Closed,
            (At::Closed, _) => return Err(open_quote(opened)),
            (At::Start | At::Plain, _) => At::Plain,
        };
        line += usize::from(byte == b'\n');
    }
    if matches!(at, At::Quoted) { Err(open_quote(opened)) } else { Ok(()) }
}

fn open_quote(line: usize) -> Error {
    not_csv(format!(
        "Line {line} opens a quote that is not closed at the end of its cell. Close it there, or write a quote that is \
         part of the text twice."
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// All rows, as the JSON that says the same.
    fn rows(file: &[u8]) -> Result<Vec<Value>> {
        super::rows(file, 1000, 1000, |_, row| row.unwrap_or_default())
    }

    /// What the JSON of a row says, a cell says.
    #[test]
    fn an_access_is_written_in_cells() {
        let file = b"email,role,permissions,resources,addable_kinds,require_mfa\n\
            a,client,mbr_1,res_1:approve res_2:member:approve;res_3:owner res_4:what,facebook linkedin,yes\n";
        let access = json!({
            "permissions": {"clone_of": "mbr_1"},
            "resources": [
                {"id": "res_1", "approve": true},
                {"id": "res_2", "approve": true, "credentials": "member"},
                {"id": "res_3", "credentials": "owner"},
                {"id": "res_4:what"},
            ],
            "addable_kinds": ["facebook", "linkedin"],
            "require_mfa": true,
        });
        assert_eq!(rows(file).unwrap()[0]["access"], access);
    }

    #[test]
    fn the_rows_to_mend_are_kept_as_they_were_and_can_be_sent_again() {
        let file = "sep=;\nemail;role;name\nok@a.test;client;Ok\n\n=1+1@a.test;client;\"Say \"\"hi\"\", Bo\"\n@b;member;;more\n";
        let mend = to_mend(file.as_bytes(), &[(5, "E-mail: wrong"), (6, "=too many")]).unwrap();
        assert_eq!(
            mend,
            "line,problem,email,role,name\r\n\
             5,\"E-mail: wrong\",\"'=1+1@a.test\",\"client\",\"Say \"\"hi\"\", Bo\"\r\n\
             6,\"'=too many\",\"'@b\",\"member\",\"\",\"more\"\r\n"
        );
        let again = rows(mend.as_bytes()).unwrap();
        assert_eq!(again[0], json!({"email": "=1+1@a.test", "role": "client", "name": "Say \"hi\", Bo"}));
        let twice = to_mend(mend.as_bytes(), &[(2, "still")]).unwrap();
        assert!(twice.starts_with("line,problem,email,role,name\r\n2,\"still\",\"'=1+1@a.test\""), "{twice}");
    }

    #[test]
    fn a_file_is_read_no_further_than_what_makes_it_too_long_and_no_row_that_is_too_large() {
        let file = format!("email,role\n{}", "a,\n".repeat(1000));
        let mut read = 0;
        super::rows(file.as_bytes(), 10, 10, |_, _| read += 1).unwrap();
        assert_eq!(read, 11);
        let file = format!("email,role\n{},\na,\n", "a".repeat(11));
        let fits = super::rows(file.as_bytes(), 10, 10, |_, row| row.is_ok()).unwrap();
        assert_eq!(fits, [false, true]);
        let file = format!("email,role,resources\na,b,{}\n", "r ".repeat(10_000));
        let kept = super::rows(file.as_bytes(), 1, 100_000, |_, row| row.unwrap_or_default()).unwrap();
        let listed = kept[0]["access"]["resources"].as_array().unwrap().len();
        assert_eq!(listed, columns::MOST_LISTED, "one more than any list may have, so that it is refused");
    }

    #[test]
    fn a_file_is_read_however_a_spreadsheet_writes_it() {
        let ana = json!({"email": "ana@client.test", "role": "client", "name": "Ana, Client"});
        for file in [
            "email,role,name\nana@client.test,client,\"Ana, Client\"\n",
            "\u{feff}Email,Role,Name\r\nana@client.test,Client,\"Ana, Client\"\r\n",
            "email;role;name\nana@client.test;client;Ana, Client",
            "email\trole\tname\nana@client.test\tclient\tAna, Client",
            "name,\"email\",role,message\r\n\r\n , ,,\r\n\"Ana, Client\", ana@client.test ,CLIENT,\r\n",
        ] {
            assert_eq!(rows(file.as_bytes()).unwrap(), std::slice::from_ref(&ana), "{file:?}");
        }
        let file = "email,role,message\na@b.test,client,\"She said \"\"hi\"\".\r\nTwice; or so.\"";
        assert_eq!(rows(file.as_bytes()).unwrap()[0]["message"], "She said \"hi\".\r\nTwice; or so.");
    }

    /// Whoever mends a file looks for the line that is wrong, whatever was left out before it.
    #[test]
    fn a_row_is_told_with_the_line_it_begins_on() {
        for end in ["\n", "\r\n"] {
            let file = [
                "email,role,message",
                "a@b.test,client,",
                "",
                ",,",
                "b@b.test,client,\"Two",
                "lines\"",
                "c@b.test,client,",
            ];
            let lines = super::rows(file.join(end).as_bytes(), 10, 1000, |line, _| line).unwrap();
            assert_eq!(lines, [2, 5, 7], "{end:?}");
            let below = format!("sep=,{end}{end}{}", file.join(end));
            let lines = super::rows(below.as_bytes(), 10, 1000, |line, _| line).unwrap();
            assert_eq!(lines, [4, 7, 9], "{end:?}");
        }
    }

    #[test]
    fn a_table_begins_below_blank_lines_and_a_line_that_says_what_parts_its_cells() {
        let ana = json!({"email": "ana@client.test", "role": "client", "name": "Ana, Client"});
        for file in [
            "\nemail;role;name\nana@client.test;client;Ana, Client\n",
            "\r\n ;;\r\nemail;role;name\r\nana@client.test;client;Ana, Client\r\n",
            "sep=;\r\nemail;role;name\r\nana@client.test;client;Ana, Client\r\n",
            "\u{feff}SEP=\t\nemail\trole\tname\nana@client.test\tclient\tAna, Client\n",
        ] {
            assert_eq!(rows(file.as_bytes()).unwrap(), std::slice::from_ref(&ana), "{file:?}");
        }
        assert_eq!(table("sep=;"), ("", b';'), "and then nothing");
        assert_eq!(table("\n\n"), ("", b','));
    }

    #[test]
    fn a_quote_that_is_not_closed_where_its_cell_ends_refuses_the_file_and_names_its_line() {
        let line = |file: &str| match rows(file.as_bytes()).unwrap_err() {
            Error::Refused(refusal) => (refusal.code, refusal.detail.chars().nth(5)),
            Error::Internal(why) => panic!("{why}"),
        };
        let at = |line| (Code::InvalidForm, Some(line));
        assert_eq!(line("email,role,message\na@b.test,client,\"Hello\nb@b.test,client,\n"), at('2'));
        assert_eq!(line("email,role\r\na@b.test,client\r\nb@b.test,\"client"), at('3'));
        assert_eq!(
            line("\nsep=;\nemail;role;name\na@b.test;client;\"Ana\nb@b.test;client;\"Bea\"\n"),
            at('4')
        );
        assert_eq!(line("\"email,role\na@b.test,client\n"), at('1'));
        for closed in
            ["\"Hello\" ", "\"\"\"Hello\"\"\"", "\"Hello,\r\nyou\"", "Hello \"you\"", "6\" nails", "\"\""]
        {
            let file = format!("email,role,message\na@b.test,client,{closed}\nb@b.test,client,{closed}");
            assert_eq!(rows(file.as_bytes()).unwrap().len(), 2, "{closed:?}");
        }
    }

    #[test]
    fn lists_numbers_and_truths_are_what_json_would_say() {
        let file = "email,role,workspace_ids,expires_in,send_email,permissions,resources\n\
                    a@b.test,client,wsp_1;wsp_2 wsp_3,7200,No,posts.view; posts.edit,res_1\n\
                    b@b.test,client,,soon,maybe,Default,ALL\n";
        assert_eq!(
            rows(file.as_bytes()).unwrap(),
            [
                json!({"email": "a@b.test", "role": "client", "workspace_ids": ["wsp_1", "wsp_2", "wsp_3"],
                       "expires_in": 7200, "send_email": false,
                       "access": {"permissions": ["posts.view", "posts.edit"], "resources": [{"id": "res_1"}]}}),
                json!({"email": "b@b.test", "role": "client", "expires_in": "soon", "send_email": "maybe",
                       "access": {"resources": "all"}}),
            ]
        );
    }

    #[test]
    fn columns_that_cannot_be_used_refuse_the_file_and_a_line_with_too_many_cells_only_itself() {
        let refusal = |file: &[u8]| match rows(file).unwrap_err() {
            Error::Refused(refusal) => {
                (refusal.code, refusal.errors.first().map(|error| error.pointer.clone()).unwrap_or_default())
            }
            Error::Internal(why) => panic!("{why}"),
        };
        assert_eq!(refusal(b"email,role,rloe\n"), (Code::UnknownField, "/columns/2".to_owned()));
        assert_eq!(refusal(b"email,role,Email\n"), (Code::InvalidValue, "/columns/2".to_owned()));
        assert_eq!(refusal(b"email,name\na@b.test,A\n"), (Code::Required, "/columns".to_owned()));
        assert_eq!(refusal(b"email,role\na@b.test,cl\xefent\n"), (Code::InvalidForm, String::new()));
        assert!(matches!(refusal(b""), (Code::UnknownField | Code::Required, _)));
        let file = "email,role\na@b.test,client,more\nb@b.test\n";
        assert_eq!(rows(file.as_bytes()).unwrap(), [Value::Null, json!({"email": "b@b.test"})]);
    }
}
