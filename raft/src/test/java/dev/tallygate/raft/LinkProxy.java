package dev.tallygate.raft;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A TCP link between two nodes that a test can cut, stall and delay, each direction by itself. Its
 * connections are those that one node opened to the other.
 */
final class LinkProxy implements AutoCloseable {
  private final ServerSocket listener;
  private final int targetPort;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final Object gate = new Object();
  private boolean cut;
  private boolean requestsStalled;
  private boolean repliesStalled;
  private volatile long delayMs;
  private volatile boolean closed;

  LinkProxy(int targetPort) throws IOException {
    this.targetPort = targetPort;
    listener = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Resets all connections and refuses new ones. */
  void cut() {
    synchronized (gate) {
      cut = true;
      gate.notifyAll();
    }
    closeAll();
  }

  /** Swallows nothing and delivers nothing, as if packets were lost, until healed. */
  void stall(boolean requests, boolean replies) {
    synchronized (gate) {
      requestsStalled = requests;
      repliesStalled = replies;
      gate.notifyAll();
    }
  }

  /** Every chunk of bytes waits this long in each direction. */
  void delay(long ms) {
    delayMs = ms;
  }

  void heal() {
    synchronized (gate) {
      cut = false;
      requestsStalled = false;
      repliesStalled = false;
      gate.notifyAll();
    }
    delayMs = 0;
  }

  private void accept() {
    while (!closed) {
      try {
        Socket client = listener.accept();
        synchronized (gate) {
          if (cut || closed) {
            client.close();
            continue;
          }
          sockets.add(client);
        }
        Thread.ofVirtual().start(() -> connect(client));
      } catch (IOException e) {
        if (closed) {
          return;
        }
      }
    }
  }

  private void connect(Socket client) {
    try {
      Socket target = new Socket();
      target.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), targetPort), 2_000);
      client.setTcpNoDelay(true);
      target.setTcpNoDelay(true);
      synchronized (gate) {
        sockets.add(target);
        if (cut || closed) {
          closeQuietly(client);
          closeQuietly(target);
          return;
        }
      }
      Thread.ofVirtual().start(() -> pump(client, target, true));
      pump(target, client, false);
    } catch (IOException e) {
      closeQuietly(client);
    }
  }

  private void pump(Socket from, Socket to, boolean requests) {
    byte[] buffer = new byte[64 << 10];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int n; (n = in.read(buffer)) >= 0; ) {
        delay();
        waitWhileStalled(requests);
        out.write(buffer, 0, n);
      }
    } catch (IOException e) {
      // The other pump sees the same.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      closeQuietly(from);
      closeQuietly(to);
    }
  }

  private void delay() throws InterruptedException {
    long endNs = System.nanoTime() + delayMs * 1_000_000L;
    synchronized (gate) {
      for (long leftMs; (leftMs = (endNs - System.nanoTime()) / 1_000_000L) > 0 && !closed; ) {
        gate.wait(leftMs);
      }
    }
  }

  private void waitWhileStalled(boolean requests) throws InterruptedException, IOException {
    synchronized (gate) {
      while ((requests ? requestsStalled : repliesStalled) && !cut && !closed) {
        gate.wait();
      }
      if (cut || closed) {
        throw new IOException("cut");
      }
    }
  }

  private void closeAll() {
    for (Socket socket : sockets) {
      closeQuietly(socket);
    }
  }

  private void closeQuietly(Socket socket) {
    sockets.remove(socket);
    try {
      socket.close();
    } catch (IOException e) {
      // Nothing is left to do.
    }
  }

  @Override
  public void close() throws IOException {
    synchronized (gate) {
      closed = true;
      gate.notifyAll();
    }
    listener.close();
    closeAll();
  }
}
