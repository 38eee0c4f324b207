package dev.tallygate.server.cli;

import static dev.tallygate.server.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tallygate.client.Ask;
import dev.tallygate.client.Refusal;
import dev.tallygate.client.Tallygate;
import dev.tallygate.client.TallygateException;
import dev.tallygate.server.PdpServer;
import dev.tallygate.server.TestConfig;
import dev.tallygate.server.config.ConfigReader;
import dev.tallygate.server.config.FreePorts;
import dev.tallygate.server.tls.Authorities;
import dev.tallygate.server.tls.CertificateChain;
import dev.tallygate.server.tls.TestCertificates;
import dev.tallygate.server.tls.TestCertificates.Pair;
import io.grpc.CallOptions;
import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** One whole node with TLS on its three gRPC listeners, and callers that fit and do not. */
class TlsTest {
  private static final TestCertificates MADE = TestCertificates.get();
  private static final long WAIT_MS = 30_000;

  /** What a node answers to a stranger on the stream between nodes, once TLS has let it in. */
  private static final MethodDescriptor<byte[], byte[]> ASK =
      bytes("tallygate.peer.Peer/Ask", MethodDescriptor.MethodType.BIDI_STREAMING);

  private static final MethodDescriptor<byte[], byte[]> REQUEST_VOTE =
      bytes("ratis.grpc.RaftServerProtocolService/requestVote", MethodDescriptor.MethodType.UNARY);

  @TempDir static Path dir;
  private static List<Integer> ports;
  private static PdpServer server;
  private static final Ask UNSOLD = Ask.of("none").subject("user", "u");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /** A caller that must not be let in. */
  enum Stranger {
    PLAINTEXT(InsecureChannelCredentials.create()),
    NO_CERTIFICATE(trusting(MADE.ca, null)),
    OTHER_CA(trusting(MADE.ca, MADE.otherClient)),
    NODE_OF_OTHER_CA(trusting(MADE.ca, MADE.otherNode)),
    EXPIRED(trusting(MADE.ca, MADE.expiredClient)),
    TRUSTS_OTHER_CA(trusting(MADE.otherCa, MADE.client));

    private final ChannelCredentials credentials;

    Stranger(ChannelCredentials credentials) {
      this.credentials = credentials;
    }
  }

  @BeforeAll
  static void start() throws Exception {
    ports = FreePorts.find(4);
    server = start(yaml(dir, ports, callers("require")));
    eventually("serving", WAIT_MS, server::isServing);
  }

  @AfterAll
  static void stop() {
    server.stop();
  }

  private static String yaml(Path dir, List<Integer> ports, String callers) {
    return TestConfig.yaml(dir, ports.get(0), ports.get(1), ports.get(2), ports.get(3))
        .replace(ports.get(0) + "\", insecure: true", ports.get(0) + "\", tls: " + callers)
        .replace(ports.get(1) + "\", insecure: true", ports.get(1) + "\", tls: " + callers)
        .replace(ports.get(2) + "\", insecure: true", ports.get(2) + "\", tls: " + peers());
  }

  private static PdpServer start(String yaml) throws Exception {
    return PdpServer.start(
        ConfigReader.parse("test", yaml, true),
        (why, cause) -> {
          throw new AssertionError(why, cause);
        });
  }

  private static String callers(String auth) {
    return "{certificate: %s, key: %s, client-auth: %s%s}"
        .replaceFirst("%s", MADE.node.certificate().toString())
        .replaceFirst("%s", MADE.node.key().toString())
        .replaceFirst("%s", auth)
        .replaceFirst("%s", auth.equals("none") ? "" : ", client-ca: " + MADE.ca);
  }

  private static String peers() {
    return "{certificate: "
        + MADE.node.certificate()
        + ", key: "
        + MADE.node.key()
        + ", ca: "
        + MADE.ca
        + "}";
  }

  private static ChannelCredentials trusting(Path ca, @Nullable Pair own) {
    try {
      TlsChannelCredentials.Builder builder =
          TlsChannelCredentials.newBuilder().trustManager(ca.toFile());
      if (own != null) builder.keyManager(own.certificate().toFile(), own.key().toFile());
      return builder.build();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static MethodDescriptor<byte[], byte[]> bytes(
      String name, MethodDescriptor.MethodType type) {
    MethodDescriptor.Marshaller<byte[]> marshaller =
        new MethodDescriptor.Marshaller<>() {
          @Override
          public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
          }

          @Override
          public byte[] parse(InputStream stream) {
            try (stream) {
              return stream.readAllBytes();
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        };
    return MethodDescriptor.newBuilder(marshaller, marshaller)
        .setType(type)
        .setFullMethodName(name)
        .build();
  }

  /** What a health check on the listener ends with. */
  private static Status health(int port, ChannelCredentials credentials) {
    return end(
        port,
        credentials,
        channel ->
            HealthGrpc.newBlockingStub(channel)
                .withDeadlineAfter(WAIT_MS, TimeUnit.MILLISECONDS)
                .check(HealthCheckRequest.getDefaultInstance()));
  }

  private static Status peerCall(
      MethodDescriptor<byte[], byte[]> method, ChannelCredentials credentials) {
    return end(
        ports.get(2),
        credentials,
        channel ->
            ClientCalls.blockingServerStreamingCall(
                    channel,
                    method,
                    CallOptions.DEFAULT.withDeadlineAfter(WAIT_MS, TimeUnit.MILLISECONDS),
                    new byte[0])
                .next());
  }

  private interface Call {
    Object on(ManagedChannel channel);
  }

  private static Status end(int port, ChannelCredentials credentials, Call call) {
    ManagedChannel channel = Channels.open("127.0.0.1:" + port, credentials);
    try {
      Object unused = call.on(channel);
      return Status.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void rightCertificate_letInEverywhere() {
    assertThat(health(ports.get(0), trusting(MADE.ca, MADE.client)).getCode())
        .isEqualTo(Status.Code.OK);
    assertThat(health(ports.get(1), trusting(MADE.ca, MADE.client)).getCode())
        .isEqualTo(Status.Code.OK);
    // Behind TLS, the stream asks which cluster it is, and Raft for who votes.
    assertThat(peerCall(ASK, trusting(MADE.ca, MADE.node)).getCode())
        .isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(peerCall(REQUEST_VOTE, trusting(MADE.ca, MADE.node)).getCode())
        .isEqualTo(Status.Code.INTERNAL);
  }

  @ParameterizedTest
  @EnumSource(Stranger.class)
  void stranger_letInNowhere(Stranger stranger) {
    for (int listener = 0; listener < 2; listener++) {
      assertThat(health(ports.get(listener), stranger.credentials).getCode())
          .as("listener " + listener)
          .isEqualTo(Status.Code.UNAVAILABLE);
    }
    assertThat(peerCall(ASK, stranger.credentials).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(peerCall(REQUEST_VOTE, stranger.credentials).getCode())
        .isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(server.isServing()).isTrue();
  }

  @Test
  void clientLibrary_rightCertificate_answered() {
    try (Tallygate tallygate =
        Tallygate.builder("127.0.0.1:" + ports.get(0))
            .credentials(trusting(MADE.ca, MADE.client))
            .connect()) {
      assertThat(((Refusal) tallygate.allocate(UNSOLD)).why()).isEqualTo("NOT_FOUND");
    }
  }

  @ParameterizedTest
  @EnumSource(Stranger.class)
  void clientLibrary_stranger_notAnswered(Stranger stranger) {
    try (Tallygate tallygate =
        Tallygate.builder("127.0.0.1:" + ports.get(0))
            .credentials(stranger.credentials)
            .deadline(Duration.ofMillis(500))
            .connect()) {
      assertThatThrownBy(() -> tallygate.allocate(UNSOLD)).isInstanceOf(TallygateException.class);
    }
  }

  // One CA may sign for callers and for nodes, and for nodes of another cluster: what a certificate
  // names tells them apart.
  @Test
  void certificateOfTheSameCa_thatNamesNoPeer_isNoPeers() {
    for (Pair own : List.of(MADE.client, MADE.elsewhere)) {
      assertThat(peerCall(ASK, trusting(MADE.ca, own)).getCode())
          .isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(peerCall(REQUEST_VOTE, trusting(MADE.ca, own)).getCode())
          .isEqualTo(Status.Code.UNAVAILABLE);
    }
  }

  // The second of two nodes is reached as `localhost`, and what answers there names that host: Raft
  // and our own stream both speak to it.
  @Test
  void peerUnderItsOwnName_spokenTo(@TempDir Path other) throws Exception {
    List<Integer> free = FreePorts.find(5);
    Set<String> asked = ConcurrentHashMap.newKeySet();
    Server second =
        NettyServerBuilder.forAddress(
                new InetSocketAddress("localhost", free.get(4)),
                TlsServerCredentials.newBuilder()
                    .keyManager(MADE.byName.certificate().toFile(), MADE.byName.key().toFile())
                    .trustManager(MADE.ca.toFile())
                    .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE)
                    .build())
            .addStreamTracerFactory(
                new ServerStreamTracer.Factory() {
                  @Override
                  public ServerStreamTracer newServerStreamTracer(String name, Metadata headers) {
                    asked.add(name);
                    return new ServerStreamTracer() {};
                  }
                })
            .build()
            .start();
    PdpServer first = startFirstOfTwo(other, free);
    try {
      eventually(
          "both are asked",
          WAIT_MS,
          () ->
              asked.containsAll(
                  List.of(ASK.getFullMethodName(), REQUEST_VOTE.getFullMethodName())));
    } finally {
      first.stop();
      second.shutdownNow();
    }
  }

  // The same, but what answers has a certificate of another host of `peers`: a node that was broken
  // into cannot pose as another one.
  @Test
  void peerUnderAnothersName_refusedByWhoConnects(@TempDir Path other) throws Exception {
    List<Integer> free = FreePorts.find(5);
    BlockingQueue<String> ends = new LinkedBlockingQueue<>();
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(
        new KeyManager[] {
          CertificateChain.read(MADE.byAddress.certificate()).withKey(MADE.byAddress.key())
        },
        new TrustManager[] {Authorities.read(MADE.ca).trust()},
        null);
    try (SSLServerSocket second =
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(free.get(4), 50, InetAddress.getByName("localhost"))) {
      second.setNeedClientAuth(true);
      SSLParameters parameters = second.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {"h2"});
      second.setSSLParameters(parameters);
      Thread accepting = new Thread(() -> shakeHands(second, ends), "second");
      accepting.start();
      PdpServer first = startFirstOfTwo(other, free);
      try {
        for (int i = 0; i < 5; i++) {
          assertThat(ends.poll(WAIT_MS, TimeUnit.MILLISECONDS)).isEqualTo("refused");
        }
        assertThat(ends).doesNotContain("accepted");
      } finally {
        first.stop();
        second.close();
        accepting.join(WAIT_MS);
      }
    }
  }

  private static void shakeHands(SSLServerSocket socket, BlockingQueue<String> ends) {
    while (!socket.isClosed()) {
      try (SSLSocket connection = (SSLSocket) socket.accept()) {
        try {
          connection.startHandshake();
          ends.add("accepted");
        } catch (IOException e) {
          ends.add("refused");
        }
      } catch (IOException e) {
        // Closed: seen above.
      }
    }
  }

  private static PdpServer startFirstOfTwo(Path dir, List<Integer> ports) throws Exception {
    String yaml =
        yaml(dir, ports, callers("require"))
            .replace(
                "listeners:",
                "  - {id: n2, peer: \"localhost:"
                    + ports.get(4)
                    + "\", data: \"localhost:1\", admin: \"localhost:2\"}\nlisteners:");
    return start(yaml);
  }

  @Test
  void nodeReachedUnderAnotherName_refusedByCaller() {
    ManagedChannel channel =
        NettyChannelBuilder.forTarget("127.0.0.1:" + ports.get(0), trusting(MADE.ca, MADE.client))
            .overrideAuthority("node-9.example")
            .build();
    try {
      StatusRuntimeException refused =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () ->
                  HealthGrpc.newBlockingStub(channel)
                      .withDeadlineAfter(WAIT_MS, TimeUnit.MILLISECONDS)
                      .check(HealthCheckRequest.getDefaultInstance()));
      assertThat(TlsMisfit.advice(refused.getStatus(), trusting(MADE.ca, MADE.client), "node-9:1"))
          .startsWith("The certificate of `node-9:1` is not for that name");
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void clientAuthNone_letsInWithoutCertificate_andNotUnencrypted(@TempDir Path other)
      throws Exception {
    List<Integer> free = FreePorts.find(4);
    PdpServer open = start(yaml(other, free, callers("none")));
    try {
      assertThat(health(free.get(0), trusting(MADE.ca, null)).getCode()).isEqualTo(Status.Code.OK);
      assertThat(health(free.get(0), trusting(MADE.otherCa, null)).getCode())
          .isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(health(free.get(0), InsecureChannelCredentials.create()).getCode())
          .isEqualTo(Status.Code.UNAVAILABLE);
    } finally {
      open.stop();
    }
  }

  @Test
  void command_rightCertificate_answered() {
    assertThat(run(status(MADE.ca, MADE.client))).isEqualTo(CliExit.OK.number());
    assertThat(out.toString()).contains("node id  n1");
  }

  @Test
  void command_plaintext_saysToGiveTheCa() {
    assertThat(run("status", "--admin", "127.0.0.1:" + ports.get(1), "--timeout-ms", "500"))
        .isEqualTo(CliExit.UNAVAILABLE.number());
    assertThat(err.toString()).contains("if the node has TLS, give --tls-ca FILE");
  }

  @Test
  void command_noCertificate_saysToGiveOne() {
    assertThat(run("status", "--admin", "127.0.0.1:" + ports.get(1), "--tls-ca", "" + MADE.ca))
        .isEqualTo(CliExit.UNAVAILABLE.number());
    assertThat(err.toString()).contains("give --tls-cert and --tls-key");
  }

  @Test
  void command_wrongCertificate_saysWhichIsWanted() {
    assertThat(run(status(MADE.ca, MADE.otherClient))).isEqualTo(CliExit.UNAVAILABLE.number());
    assertThat(err.toString()).contains("refuses the certificate of --tls-cert");
  }

  @Test
  void command_unknownCa_saysSo() {
    assertThat(run(status(MADE.otherCa, MADE.client))).isEqualTo(CliExit.UNAVAILABLE.number());
    assertThat(err.toString()).contains("is not of a CA in --tls-ca");
  }

  @Test
  void command_tlsToPlaintextListener_saysSo() throws Exception {
    Server plain =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0)).build().start();
    try {
      assertThat(run("status", "--admin", "127.0.0.1:" + plain.getPort(), "--tls-ca", "" + MADE.ca))
          .isEqualTo(CliExit.UNAVAILABLE.number());
      assertThat(err.toString()).contains("leave out --tls-ca if it is a plaintext listener");
    } finally {
      plain.shutdownNow();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--tls-cert a | give both --tls-cert and --tls-key",
        "--tls-key a | give both --tls-cert and --tls-key",
        "--tls-cert a --tls-key b | --tls-cert needs --tls-ca",
        "--tls-ca nowhere | --tls-ca `nowhere` does not exist",
        "--tls-ca CA --tls-cert KEY --tls-key KEY | is no certificate in PEM",
        "--tls-ca CA --tls-cert CERT --tls-key OTHER | does not fit the certificate",
      })
  void command_filesWrong_usageError(String options, String message) {
    String[] words =
        ("status " + options)
            .replace("CA ", MADE.ca + " ")
            .replace("CERT", MADE.client.certificate().toString())
            .replace("KEY", MADE.client.key().toString())
            .replace("OTHER", MADE.node.key().toString())
            .split(" ", -1);

    assertThat(run(words)).isEqualTo(CliExit.USAGE.number());
    assertThat(err.toString()).contains(message);
  }

  private static String[] status(Path ca, Pair own) {
    return new String[] {
      "status",
      "--admin",
      "127.0.0.1:" + ports.get(1),
      "--tls-ca",
      ca.toString(),
      "--tls-cert",
      own.certificate().toString(),
      "--tls-key",
      own.key().toString()
    };
  }

  private int run(String... arguments) {
    return Main.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments);
  }
}
