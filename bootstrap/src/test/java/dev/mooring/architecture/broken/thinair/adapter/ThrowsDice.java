package dev.mooring.architecture.broken.thinair.adapter;

import java.security.SecureRandom;

record ThrowsDice(SecureRandom dice) {
    ThrowsDice() {
        this(new SecureRandom());
    }
}
