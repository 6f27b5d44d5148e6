/** Sends signed messages to webhooks, through the guarded client (Standard Webhooks). */
@NullMarked
package dev.mooring.adapter.webhook;

import org.jspecify.annotations.NullMarked;
