package dev.tallygate.server.cli;

import dev.tallygate.server.tls.Authorities;
import dev.tallygate.server.tls.CertificateChain;
import dev.tallygate.server.tls.TlsFileException;
import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a short command proves who it is, and whom it believes. Plaintext without {@code ca}. */
final class TlsOptions {
  static final String CA = "TALLYGATE_TLS_CA";
  static final String CERT = "TALLYGATE_TLS_CERT";
  static final String KEY = "TALLYGATE_TLS_KEY";

  @Option(
      names = "--tls-ca",
      paramLabel = "FILE",
      description =
          "Speak TLS, with nodes whose certificate is of a CA in this file (PEM). Default:"
              + " $TALLYGATE_TLS_CA, else plaintext.")
  private @Nullable Path ca;

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description =
          "Certificate to show to a node that asks for one, with --tls-key. Default:"
              + " $TALLYGATE_TLS_CERT.")
  private @Nullable Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description = "Its private key. Default: $TALLYGATE_TLS_KEY.")
  private @Nullable Path key;

  /** Whether the command line names any file. */
  boolean given() {
    return ca != null || certificate != null || key != null;
  }

  /**
   * @throws CliException if a file cannot be used, or options that belong together are not
   */
  ChannelCredentials credentials() {
    return credentials("--tls-ca", ca, "--tls-cert", certificate, "--tls-key", key);
  }

  /** As the environment says. */
  static ChannelCredentials credentials(Environment environment) {
    return credentials(
        CA, environment.path(CA), CERT, environment.path(CERT), KEY, environment.path(KEY));
  }

  /** Each file with the name to blame it by. */
  static ChannelCredentials credentials(
      String caName,
      @Nullable Path ca,
      String certificateName,
      @Nullable Path certificate,
      String keyName,
      @Nullable Path key) {
    if ((certificate == null) != (key == null)) {
      throw usage("give both " + certificateName + " and " + keyName + ", or neither");
    }
    if (ca == null) {
      if (certificate == null) return InsecureChannelCredentials.create();
      throw usage(certificateName + " needs " + caName + ": the file of the CA of the nodes");
    }
    TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder();
    String blamed = caName;
    try {
      builder.trustManager(Authorities.read(ca).trust());
      if (certificate != null && key != null) {
        blamed = certificateName;
        CertificateChain chain = CertificateChain.read(certificate);
        blamed = keyName;
        builder.keyManager(chain.withKey(key));
      }
      return builder.build();
    } catch (TlsFileException e) {
      throw usage((blamed + " " + e.getMessage()).strip());
    }
  }

  private static CliException usage(String what) {
    return new CliException(CliExit.USAGE, what);
  }
}
