package dev.tallygate.server.config;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Finds ports that nobody listens on, below those that systems hand out to outgoing connections: a
 * node that restarts must find its own port free.
 */
public final class FreePorts {
  private static final int FIRST = 20_000;
  private static final int LAST = 31_999;
  private static final int TRIES_MAX = 2_000;

  private FreePorts() {}

  /**
   * Ports of the loopback address, all different.
   *
   * @throws IOException if there are not so many
   */
  public static List<Integer> find(int count) throws IOException {
    SplittableRandom random = new SplittableRandom();
    List<ServerSocket> held = new ArrayList<>();
    List<Integer> ports = new ArrayList<>();
    try {
      for (int i = 0; i < TRIES_MAX && ports.size() < count; i++) {
        int port = random.nextInt(FIRST, LAST + 1);
        ServerSocket socket = new ServerSocket();
        try {
          socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
          held.add(socket);
          ports.add(port);
        } catch (IOException taken) {
          socket.close();
        }
      }
    } finally {
      for (ServerSocket socket : held) socket.close();
    }
    if (ports.size() < count) {
      throw new IOException("no " + count + " free ports between " + FIRST + " and " + LAST);
    }
    return ports;
  }
}
