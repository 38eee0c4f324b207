package dev.tallygate.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which process is taken for a node. */
class NodeProcessTest {
  @TempDir Path dir;

  @Test
  void process_withTheConfigurationOnItsCommandLine_isTheNode() {
    NodeProcess node = new NodeProcess(dir.resolve("node-1"));
    String line = "java\0server\0--config\0" + node.config() + "\0";
    assertThat(node.isOurs(line, true)).isTrue();
    assertThat(node.isOurs(line.replace("node-1", "node-2"), true)).isFalse();
  }

  // A node that had just been started was said to have ended.
  @Test
  void process_thatIsBecomingTheNode_isIt_andOneThatHasEndedIsNot() {
    NodeProcess node = new NodeProcess(dir.resolve("node-1"));
    assertThat(node.isOurs("", true)).isTrue();
    assertThat(node.isOurs("", false)).isFalse();
  }
}
