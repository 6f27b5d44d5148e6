/** Who else is told what happens: receivers of signed messages (Standard Webhooks). */
@NullMarked
package dev.mooring.domain.webhook;

import org.jspecify.annotations.NullMarked;
