package dev.tallygate.loadtest.peer;

import dev.tallygate.loadtest.drive.LoadtestException;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Finds ports of the loopback address that nobody listens on, below those that systems hand out to
 * outgoing connections: one of those could be gone before its server listens.
 */
final class FreePorts {
  private static final int FIRST = 20_000;
  private static final int LAST = 31_999;
  private static final int TRIES_MAX = 2_000;

  private FreePorts() {}

  /** Different ones: all are held open until the last is found. */
  static List<Integer> find(int count) {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      SplittableRandom random = new SplittableRandom();
      for (int i = 0; i < TRIES_MAX && sockets.size() < count; i++) {
        ServerSocket socket = new ServerSocket();
        sockets.add(socket);
        try {
          int port = random.nextInt(FIRST, LAST + 1);
          socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        } catch (BindException taken) {
          sockets.remove(socket);
          socket.close();
        }
      }
      if (sockets.size() < count) {
        throw new LoadtestException("no " + count + " free ports in " + FIRST + "-" + LAST);
      }
      return sockets.stream().map(ServerSocket::getLocalPort).toList();
    } catch (IOException e) {
      throw new LoadtestException("no free ports on the loopback address", e);
    } finally {
      sockets.forEach(FreePorts::close);
    }
  }

  private static void close(ServerSocket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new LoadtestException("cannot give a port back", e);
    }
  }
}
