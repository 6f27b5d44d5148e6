package dev.mooring.adapter.rest.edge;

/**
 * What a handler returns: an answer, finished or yet to be written, or the error that is to become
 * one.
 */
public sealed interface Reply permits Answer, StreamedAnswer, ApiError {}
