package dev.tallygate.server.cli;

import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Says what does not fit where two ends cannot agree on TLS. */
final class TlsMisfit {
  private TlsMisfit() {}

  /** Whether TLS failed, which a retry does not mend. No call left this process then. */
  static boolean isCertain(Status status) {
    return failure(status) != null || cause(status, CertificateException.class) != null;
  }

  /** What to do, in one line; empty where TLS is not to blame. */
  static String advice(Status status, ChannelCredentials credentials, String address) {
    if (status.getCode() != Status.Code.UNAVAILABLE) return "";
    if (credentials instanceof InsecureChannelCredentials) return ofPlaintext(status, address);
    CertificateException untrusted = cause(status, CertificateException.class);
    if (untrusted != null) return ofNode(String.valueOf(untrusted.getMessage()), address);
    SSLException failed = failure(status);
    if (failed == null) return "";
    String message = String.valueOf(failed.getMessage());
    if (!message.contains("ALERT")) {
      return "`"
          + address
          + "` does not answer in TLS: leave out --tls-ca if it is a plaintext listener, and check"
          + " that it is a gRPC one.";
    }
    boolean shown =
        credentials instanceof TlsChannelCredentials tls && tls.getKeyManagers() != null;
    return shown
        ? "`"
            + address
            + "` refuses the certificate of --tls-cert: it has to be valid now, and of the CA that"
            + " the node's `client-ca` names."
        : "`"
            + address
            + "` lets in only who shows a certificate of its `client-ca`: give --tls-cert and"
            + " --tls-key.";
  }

  private static String ofNode(String message, String address) {
    return message.contains("subject alternative") || message.contains("No name matching")
        ? "The certificate of `"
            + address
            + "` is not for that name ("
            + message
            + "): name the node as its certificate does, or have it certified for that name."
        : "The certificate of `"
            + address
            + "` is not of a CA in --tls-ca, or not valid now ("
            + message
            + "): name the file of the CA that signed it.";
  }

  /** A guess: a node with TLS just closes the connection of a caller without. */
  private static String ofPlaintext(Status status, String address) {
    boolean closed =
        String.valueOf(status.getDescription()).contains("Network closed")
            || (status.getCause() != null
                && String.valueOf(status.getCause().getMessage()).contains("reset"));
    return closed
        ? "`"
            + address
            + "` closed the connection: if the node has TLS, give --tls-ca FILE, and --tls-cert and"
            + " --tls-key if it asks for a certificate."
        : "";
  }

  private static @Nullable SSLException failure(Status status) {
    SSLException found = cause(status, SSLException.class);
    // A node that is killed meanwhile closes the connection too.
    return found == null || String.valueOf(found.getMessage()).contains("closed while")
        ? null
        : found;
  }

  private static <T extends Throwable> @Nullable T cause(Status status, Class<T> type) {
    for (Throwable at = status.getCause(); at != null; at = at.getCause()) {
      if (type.isInstance(at)) return type.cast(at);
    }
    return null;
  }
}
