//! The control socket: a connection sends one line, gets one answer and is closed. Threads wait for the clients; the packet loop only answers.

use crate::fail::{Result, because, fail};
use crate::wake::Wake;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{sleep, spawn};
use std::time::Duration;

/// Clients at a time; others wait.
const CLIENTS: usize = 8;
const LINE: u64 = 17 * 1024;
/// How long a client may take to ask, and to read.
const PATIENCE: Duration = Duration::from_secs(5);

pub struct Control {
    path: PathBuf,
    lines: Receiver<Line>,
}

/// A line, without its newline, and where its answer goes.
pub struct Line {
    pub text: Vec<u8>,
    pub answer: Sender<Vec<u8>>,
}

impl Control {
    /// Binds the path. `wake` wakes the packet loop for each line.
    pub fn open(path: &Path, wake: Wake) -> Result<Control> {
        let listener = bind("--control", path)?;
        let (send, lines) = channel();
        spawn(move || {
            let clients = Arc::new(());
            for stream in listener.incoming().flatten() {
                while Arc::strong_count(&clients) > CLIENTS {
                    sleep(Duration::from_millis(10));
                }
                let (send, client) = (send.clone(), clients.clone());
                spawn(move || {
                    let _ = serve(&stream, &send, wake); // who does not ask, or does not listen, has nothing to be told
                    drop(client);
                });
            }
        });
        Ok(Control { path: path.into(), lines })
    }

    /// A line that waits for its answer.
    pub fn next(&self) -> Option<Line> {
        self.lines.try_recv().ok()
    }
}

fn serve(mut stream: &UnixStream, lines: &Sender<Line>, wake: Wake) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut text = Vec::new();
    BufReader::new(stream.take(LINE)).read_until(b'\n', &mut text)?;
    let (answer, answered) = channel();
    let _ = lines.send(Line { text: text.trim_ascii().to_vec(), answer });
    wake.up();
    stream.write_all(&answered.recv().unwrap_or_default())
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A listener at the path that `option` names, for this user only. A socket that nobody listens on is replaced; never any other kind of file.
pub fn bind(option: &str, path: &Path) -> Result<UnixListener> {
    let what = format!("{option} {}", path.display());
    if let Ok(m) = std::fs::symlink_metadata(path) {
        if UnixStream::connect(path).is_ok() {
            return fail(format!("{what}: in use by another node"));
        }
        if !m.file_type().is_socket() {
            return fail(format!("{what}: exists and is no socket"));
        }
        std::fs::remove_file(path).map_err(|e| because(&what, e))?;
    }
    // SAFETY: umask has no preconditions; no thread that makes files runs yet.
    let mask = unsafe { libc::umask(0o177) };
    let bound = UnixListener::bind(path);
    // SAFETY: as above.
    unsafe { libc::umask(mask) };
    bound.map_err(|e| because(&what, e))
}
