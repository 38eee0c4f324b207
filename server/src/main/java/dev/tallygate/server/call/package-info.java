/**
 * A call on its way through the log: judged where the leader is, passed on to it once from anywhere
 * else, sent again where that is safe, ended exactly once. What the call means is its service's.
 */
@NullMarked
package dev.tallygate.server.call;

import org.jspecify.annotations.NullMarked;
