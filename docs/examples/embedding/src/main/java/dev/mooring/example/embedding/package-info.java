/**
 * An agent host that keeps its MCP connections by Mooring's use cases: its own web server takes the
 * callback, its own threads run the jobs, and the stores and the outbound side are Mooring's.
 */
@NullMarked
package dev.mooring.example.embedding;

import org.jspecify.annotations.NullMarked;
