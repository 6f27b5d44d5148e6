/** Values and checks of OAuth 2, as its RFCs name them. */
@NullMarked
package dev.mooring.domain.oauth;

import org.jspecify.annotations.NullMarked;
