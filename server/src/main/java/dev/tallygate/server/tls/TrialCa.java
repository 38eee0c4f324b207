package dev.tallygate.server.tls;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A CA for a trial, and what it issues. It lives in a key store in a folder of its own, which
 * {@link #close} deletes; what is to stay is written from {@link Issued}. Uses the JDK's {@code
 * keytool} as a process (decision 0036). One thread.
 */
public final class TrialCa implements AutoCloseable {
  private static final String CA = "ca";
  private static final String PASSWORD = "TALLYGATE_KEYSTORE_PASSWORD";
  private static final long KEYTOOL_MS_MAX = 60_000;

  /** A chain, the owner's certificate first, and its private key, both in PEM. */
  public record Issued(String certificates, String key) {
    @Override
    public String toString() {
      // A record would print the key.
      return "Issued";
    }
  }

  private final Path dir;
  private final Path store;
  private final String password;
  private int issued;

  private TrialCa(Path dir) {
    this.dir = dir;
    store = dir.resolve("keys.p12");
    byte[] random = new byte[24];
    new SecureRandom().nextBytes(random);
    password = HexFormat.of().formatHex(random);
  }

  /**
   * @param name of the CA, for people
   * @param days that its certificate is valid
   * @throws IOException if {@code keytool} fails
   */
  public static TrialCa make(String name, int days) throws IOException, InterruptedException {
    TrialCa ca = new TrialCa(Files.createTempDirectory("tallygate-ca"));
    try {
      ca.keytool(
          List.of(
              "-alias",
              CA,
              "-dname",
              "CN=" + name,
              "-validity",
              Integer.toString(days),
              "-ext",
              "bc:critical=ca:true,pathlen:0",
              "-ext",
              "ku:critical=keyCertSign,cRLSign"));
      return ca;
    } catch (IOException | InterruptedException e) {
      ca.close();
      throw e;
    }
  }

  /** The CA's own certificate and key. */
  public Issued own() throws IOException {
    return read(CA);
  }

  /**
   * For a node: it is a server, and a client of the other nodes.
   *
   * @param hosts names and addresses under which it is reached
   */
  public Issued node(String name, List<String> hosts, int days)
      throws IOException, InterruptedException {
    return issue(name, 0, days, "serverAuth,clientAuth", hosts);
  }

  /** For a caller, which nobody reaches: it names no host, and so is no peer's. */
  public Issued client(String name, int days) throws IOException, InterruptedException {
    return issue(name, 0, days, "clientAuth", List.of());
  }

  /** As {@link #node}, valid from so many days ago. */
  Issued issue(String name, int daysAgo, int days, String usages, List<String> hosts)
      throws IOException, InterruptedException {
    String alias = "issued-" + ++issued;
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "-alias",
                alias,
                "-signer",
                CA,
                "-dname",
                "CN=" + name,
                "-validity",
                Integer.toString(days),
                "-ext",
                "ku:critical=digitalSignature",
                "-ext",
                "eku=" + usages));
    if (daysAgo > 0) arguments.addAll(List.of("-startdate", "-" + daysAgo + "d"));
    if (!hosts.isEmpty()) {
      List<String> names = hosts.stream().map(TrialCa::alternativeName).toList();
      arguments.addAll(List.of("-ext", "san=" + String.join(",", names)));
    }
    keytool(arguments);
    return read(alias);
  }

  private static String alternativeName(String host) {
    return HostName.of(host).isAddress() ? "ip:" + host : "dns:" + host;
  }

  private void keytool(List<String> arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of("-genkeypair", "-keyalg", "EC", "-groupname", "secp256r1"));
    command.addAll(List.of("-sigalg", "SHA256withECDSA", "-storetype", "PKCS12"));
    // From the environment: a command line is seen by every user of the machine.
    command.addAll(List.of("-keystore", store.toString(), "-storepass:env", PASSWORD));
    command.addAll(arguments);
    Path output = dir.resolve("keytool.out");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(output.toFile());
    builder.environment().put(PASSWORD, password);
    Process process = builder.start();
    if (!process.waitFor(KEYTOOL_MS_MAX, TimeUnit.MILLISECONDS)) {
      process.destroyForcibly();
      throw new IOException("`keytool` does not end");
    }
    if (process.exitValue() != 0) {
      throw new IOException("`keytool` failed: " + Files.readString(output).strip());
    }
  }

  private Issued read(String alias) throws IOException {
    try (InputStream in = Files.newInputStream(store)) {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(in, password.toCharArray());
      Key key = keys.getKey(alias, password.toCharArray());
      StringBuilder certificates = new StringBuilder();
      Certificate[] chain = keys.getCertificateChain(alias);
      // Its reader has the CA's own certificate already, or believes nobody who sends it.
      int shown = chain.length == 1 ? 1 : chain.length - 1;
      for (int i = 0; i < shown; i++) {
        certificates.append(pem("CERTIFICATE", chain[i].getEncoded()));
      }
      return new Issued(certificates.toString(), pem("PRIVATE KEY", key.getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IOException("the key store of `keytool` cannot be read: " + e.getMessage(), e);
    }
  }

  private static String pem(String what, byte[] der) {
    byte[] newline = {'\n'};
    return "-----BEGIN "
        + what
        + "-----\n"
        + new String(Base64.getMimeEncoder(64, newline).encode(der), StandardCharsets.US_ASCII)
        + "\n-----END "
        + what
        + "-----\n";
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(store);
    Files.deleteIfExists(dir.resolve("keytool.out"));
    Files.deleteIfExists(dir);
  }
}
