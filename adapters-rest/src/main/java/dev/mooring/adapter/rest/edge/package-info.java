/**
 * What all answers have in common, whatever they answer: the error envelope on three layers, the
 * request's id, strict JSON, the table of routes, the access log. Handlers are functions from a
 * request to an {@link dev.mooring.adapter.rest.edge.Answer}; only this package writes to sockets.
 */
@NullMarked
package dev.mooring.adapter.rest.edge;

import org.jspecify.annotations.NullMarked;
