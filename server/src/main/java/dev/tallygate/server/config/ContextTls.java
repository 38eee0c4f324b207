package dev.tallygate.server.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The files with which a caller speaks TLS.
 *
 * @param ca of the nodes
 * @param certificate that a node is shown, with its key; both or neither
 */
public record ContextTls(Path ca, @Nullable Path certificate, @Nullable Path key) {
  public ContextTls {
    new Faults("tls")
        .check(
            certificate == null ? "certificate" : "key",
            (certificate == null) == (key == null),
            "is missing: a certificate and its key go together")
        .raise();
  }
}
