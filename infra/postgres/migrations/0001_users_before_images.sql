-- Debezium shows what a row was before a change only when the whole old row is in the write-ahead log.
ALTER TABLE "users" REPLICA IDENTITY FULL;
