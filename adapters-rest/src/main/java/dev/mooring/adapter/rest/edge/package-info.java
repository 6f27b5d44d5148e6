/**
 * What all answers have in common, whatever they answer: the error envelope on three layers, the
 * request's id, strict JSON, the table of routes, the access log. Handlers are functions from a
 * request to a {@link dev.mooring.adapter.rest.edge.Reply}; only this package writes to sockets.
 */
@NullMarked
package dev.mooring.adapter.rest.edge;

import org.jspecify.annotations.NullMarked;
