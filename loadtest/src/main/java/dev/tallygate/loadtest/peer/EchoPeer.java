package dev.tallygate.loadtest.peer;

import java.nio.file.Path;
import java.util.List;

/** The bare echo as a process of its own. */
public final class EchoPeer implements Peer {
  private final Process process;
  private final String address;

  private EchoPeer(Process process, String address) {
    this.process = process;
    this.address = address;
  }

  public static EchoPeer start(Path directory) {
    int port = FreePorts.find(1).getFirst();
    List<String> command =
        JavaCommand.of(
            EchoServer.class.getName(), JavaCommand.LEAN_OPTIONS, List.of(Integer.toString(port)));
    return new EchoPeer(
        ChildProcesses.start(command, directory.resolve("echo.log")), "127.0.0.1:" + port);
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
