package dev.tallygate.server;

import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.raft.Proposal;
import dev.tallygate.raft.ProposalFailure;
import dev.tallygate.server.grpc.Consensus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Proposes what a node itself wants in the log. All of these commands may be applied twice and none
 * is waited for: whoever needs the effect looks at the state and proposes again.
 */
final class OwnCommands {
  private static final Logger LOG = LoggerFactory.getLogger(OwnCommands.class);

  private final Consensus consensus;

  OwnCommands(Consensus consensus) {
    this.consensus = consensus;
  }

  void propose(Command command) {
    propose(command.toByteArray());
  }

  void propose(byte[] command) {
    consensus.propose(
        new Proposal() {
          @Override
          public byte[] command() {
            return command;
          }

          @Override
          public void applied(Object result) {}

          @Override
          public void failed(ProposalFailure failure) {
            LOG.debug("a command of this node's own ended {}", failure);
          }
        });
  }
}
