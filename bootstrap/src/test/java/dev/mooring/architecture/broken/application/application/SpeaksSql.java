package dev.mooring.architecture.broken.application.application;

import java.sql.Connection;

record SpeaksSql(Connection connection) {}
