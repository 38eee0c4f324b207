package dev.tallygate.loadtest.peer;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import org.jspecify.annotations.Nullable;

/**
 * One node as {@code cluster up --json} names it.
 *
 * @param data host and port of the listener for licensing
 * @param admin host and port of the listener for catalog, ledger and cluster
 * @param http host and port of the page of metrics; null where the node has none
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ClusterNode(String id, long pid, String data, String admin, @Nullable String http) {}
