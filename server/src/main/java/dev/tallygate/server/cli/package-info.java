/** The command line. The only package of this module that may import the client. */
@NullMarked
package dev.tallygate.server.cli;

import org.jspecify.annotations.NullMarked;
