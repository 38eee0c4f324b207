/**
 * A node's configuration: one record a feature, validated where it is made, and the reader that
 * turns a YAML file into them or names every fault at once.
 */
@NullMarked
package dev.tallygate.server.config;

import org.jspecify.annotations.NullMarked;
