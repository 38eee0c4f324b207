package dev.tallygate.server.cli;

import dev.tallygate.proto.log.v1.LedgerBody;
import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.raft.state.LedgerLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Counts grants from a node's ledger files alone, with nothing of the server in between. The last
 * file may grow meanwhile; what is cut off at its end is left out.
 */
final class DemoLedger {
  private final Map<Long, String> poolNames = new HashMap<>();
  private final Map<String, Integer> grants = new HashMap<>();

  private DemoLedger() {}

  /** Grants by entitlement, resumptions left out. */
  static Map<String, Integer> grants(Path dir) throws IOException {
    DemoLedger ledger = new DemoLedger();
    List<Path> segments;
    try (Stream<Path> files = Files.list(dir)) {
      segments = files.filter(Files::isRegularFile).sorted().toList();
    }
    for (Path segment : segments)
      ledger.read(ByteBuffer.wrap(Files.readAllBytes(segment)).order(ByteOrder.LITTLE_ENDIAN));
    return ledger.grants;
  }

  private void read(ByteBuffer bytes) throws IOException {
    int at = 0;
    while (at + LedgerLayout.BODY <= bytes.limit()) {
      int length = bytes.getInt(at + LedgerLayout.BODY_LENGTH);
      int kind = bytes.get(at + LedgerLayout.KIND);
      if (kind == 0 || at + LedgerLayout.BODY + length > bytes.limit()) return;
      LedgerBody body = LedgerBody.parseFrom(bytes.slice(at + LedgerLayout.BODY, length));
      if (kind == LedgerKind.LEDGER_KIND_POOL_CREATED_VALUE)
        poolNames.put(body.getPool(), body.getEntitlement());
      if (kind == LedgerKind.LEDGER_KIND_GRANTED_VALUE)
        grants.merge(poolNames.getOrDefault(body.getPool(), "?"), 1, Integer::sum);
      at += LedgerLayout.BODY + length;
    }
  }
}
