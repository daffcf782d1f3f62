//! Running a request's statement: as it stands, with streamed data, or with data from a file.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio::task;

use crate::body::RequestBody;
use crate::engine::{Connection, Engine};
use crate::exception::{Exception, kind};
use crate::output::Output;
use crate::request::{Request, quote};
use crate::statement::{self, Statement};

/// How much of a body is read to find where an INSERT's data begins; ClickHouse's `max_query_size`.
const HEAD: usize = 256 << 10;
/// How large a statement without data may be.
const MAX_STATEMENT: usize = 64 << 20;
/// Pieces of an INSERT's data that wait for the engine.
const WAITING_PIECES: usize = 4;

/// The result of a request, and the format its rows are in.
pub(crate) struct Answer {
    pub(crate) output: Output,
    pub(crate) format: String,
}

/// Runs what a request and its body ask for.
pub(crate) async fn run(
    engine: &Arc<Engine>,
    request: Request,
    body: &mut RequestBody,
) -> Result<Answer, Exception> {
    let mut text = request.query.clone().into_bytes();
    let mut statement = statement::classify(&text);
    if statement == Statement::Plain {
        // What comes in the body is the statement, or goes on with it.
        let mut rest = Vec::new();
        let mut ended = body.read_into(&mut rest, HEAD).await?;
        if !text.is_empty() && !rest.is_empty() {
            text.push(b'\n');
        }
        text.append(&mut rest);
        statement = statement::classify(&text);
        if statement == Statement::Plain && !ended {
            ended = body.read_into(&mut text, MAX_STATEMENT).await?;
            if !ended {
                let what = format_args!("A statement without data may have {MAX_STATEMENT} bytes");
                return Err(Exception::new(kind::QUERY_IS_TOO_LARGE, what));
            }
        }
    }
    if request.readonly && statement::is_insert(&text) {
        // The engine itself lets INSERT INTO FUNCTION pass.
        return Err(Exception::new(
            kind::READONLY,
            "Cannot execute query in readonly mode: use POST to write",
        ));
    }
    match statement {
        Statement::Plain => query(engine, request, text).await,
        Statement::Insert { head, format, data } => {
            let format = name(&text, format);
            body.unread(Bytes::copy_from_slice(text.get(data..).unwrap_or_default()));
            text.truncate(head);
            insert(engine, request, text, format, body).await
        }
        Statement::InsertFromInput { head, call, structure, format, data } => {
            let format = name(&text, format);
            body.unread(Bytes::copy_from_slice(text.get(data..).unwrap_or_default()));
            let file = spool(engine, body).await?;
            let structure = name(&text, structure);
            let comma = if structure.trim().is_empty() { "" } else { ", " };
            let path = quote(&file.path().to_string_lossy(), '\'');
            let function = format!("file({path}, {}{comma}{structure})", quote(&format, '\''));
            text.truncate(head);
            text.splice(call, function.into_bytes());
            query(engine, request, text).await
        }
    }
}

fn name(text: &[u8], range: std::ops::Range<usize>) -> String {
    String::from_utf8_lossy(text.get(range).unwrap_or_default()).into_owned()
}

/// Opens a connection for one request, set up as it asks.
fn connect(engine: &Arc<Engine>, request: &Request) -> Result<Connection, Exception> {
    let mut connection = engine.connect()?;
    for statement in request.preparation() {
        connection.query(statement.as_bytes(), "Null", &[])?;
    }
    Ok(connection)
}

async fn query(engine: &Arc<Engine>, request: Request, text: Vec<u8>) -> Result<Answer, Exception> {
    if statement::is_empty(&text) {
        return Err(Exception::new(kind::SYNTAX_ERROR, "Syntax error: Empty query"));
    }
    if statement::has_second(&text) {
        return Err(Exception::new(kind::SYNTAX_ERROR, "Syntax error (Multi-statements are not allowed)"));
    }
    if statement::has_pair(&text, "INTO", "OUTFILE") {
        return Err(Exception::new(kind::INTO_OUTFILE_NOT_ALLOWED, "INTO OUTFILE is not allowed"));
    }
    let engine = Arc::clone(engine);
    blocking(move || {
        let default =
            request.default_format.as_deref().filter(|name| !name.is_empty()).unwrap_or("TabSeparated");
        let output = connect(&engine, &request)?.query(&text, default, &request.parameters)?;
        let format = statement::output_format(&text).unwrap_or(default).to_owned();
        Ok(Answer { output, format })
    })
    .await
}

/// Data for an INSERT. If the channel closes without `End`, the client is gone and the insert is given up.
enum Piece {
    Data(Bytes),
    End,
}

async fn insert(
    engine: &Arc<Engine>,
    request: Request,
    head: Vec<u8>,
    format: String,
    body: &mut RequestBody,
) -> Result<Answer, Exception> {
    let (sender, mut pieces) = mpsc::channel(WAITING_PIECES);
    let engine = Arc::clone(engine);
    let answer = format.clone();
    let inserting = blocking(move || {
        let mut connection = connect(&engine, &request)?;
        let mut stream = connection.insert(&head, &format, &request.parameters)?;
        while let Some(piece) = pieces.blocking_recv() {
            match piece {
                Piece::Data(data) => stream.append(&data)?,
                Piece::End => return stream.finish(),
            }
        }
        Err(Exception::new(kind::NETWORK_ERROR, "The client broke off its insert"))
    });
    // Owns the sender: ending without `End` closes the channel.
    let feeding = async move {
        while let Some(data) = body.next().await? {
            if sender.send(Piece::Data(data)).await.is_err() {
                // The engine has refused; its reason is the result.
                return Ok(());
            }
        }
        let _ = sender.send(Piece::End).await;
        Ok::<(), Exception>(())
    };
    let (fed, inserted) = tokio::join!(feeding, inserting);
    let counts = inserted.map_err(|error| fed.err().unwrap_or(error))?;
    Ok(Answer { output: Output { data: Bytes::new(), counts }, format: answer })
}

/// Writes the data of an `INSERT ... SELECT ... FROM input(...)` to a file: the engine takes no stream for it.
async fn spool(engine: &Engine, body: &mut RequestBody) -> Result<tempfile::NamedTempFile, Exception> {
    fn failed(error: impl fmt::Display) -> Exception {
        let what = format_args!("Cannot keep the data of the INSERT in a file of the data folder: {error}");
        Exception::new(kind::CANNOT_WRITE_TO_FILE, what)
    }
    let folder = engine.data_dir().join("tmp");
    let file = blocking(move || {
        std::fs::create_dir_all(&folder)
            .and_then(|()| tempfile::Builder::new().prefix("input-").tempfile_in(&folder))
            .map_err(failed)
    })
    .await?;
    let mut writer = tokio::fs::File::from_std(file.reopen().map_err(failed)?);
    while let Some(data) = body.next().await? {
        writer.write_all(&data).await.map_err(failed)?;
    }
    writer.flush().await.map_err(failed)?;
    Ok(file)
}

/// Runs what blocks on a thread made for it.
async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, Exception> + Send + 'static,
) -> Result<T, Exception> {
    let done = task::spawn_blocking(job).await;
    done.unwrap_or_else(|error| {
        let what = format_args!("A thread of the embedded ClickHouse died: {error}");
        Err(Exception::new(kind::UNKNOWN_EXCEPTION, what))
    })
}
