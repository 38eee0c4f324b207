package dev.tallygate.loadtest.peer;

import dev.tallygate.loadtest.drive.LoadtestException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The bare echo as a process of its own. */
public final class EchoPeer implements Peer {
  private static final Duration START_MAX = Duration.ofSeconds(30);

  private final Process process;
  private final String address;

  private EchoPeer(Process process, String address) {
    this.process = process;
    this.address = address;
  }

  /** Starts the process and waits until it listens. */
  public static EchoPeer start(Path directory) throws InterruptedException {
    int port = FreePorts.find(1).getFirst();
    List<String> command =
        JavaCommand.of(
            EchoServer.class.getName(), JavaCommand.LEAN_OPTIONS, List.of(Integer.toString(port)));
    Path log = directory.resolve("echo.log");
    EchoPeer echo = new EchoPeer(ChildProcesses.start(command, log), "127.0.0.1:" + port);
    if (Await.until(START_MAX, () -> listens(port))) return echo;
    echo.close();
    throw new LoadtestException("the echo does not listen; see " + log);
  }

  private static boolean listens(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public String leader() {
    return address;
  }

  @Override
  public List<NodeFsyncs> fsyncs() {
    return List.of();
  }

  @Override
  public void close() {
    ChildProcesses.killQuietly(process.toHandle());
  }
}
