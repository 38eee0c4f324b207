package dev.tallygate.server.tls;

import java.nio.file.Path;

/**
 * A file that TLS cannot use. The message names the file, what is wrong with it and what to do; the
 * key or option that named the file is the caller's to add.
 */
public final class TlsFileException extends Exception {
  private static final long serialVersionUID = 1;

  TlsFileException(Path file, String what) {
    super("`" + file + "` " + what);
  }
}
