CREATE TABLE "command_answers" (
	"function" text NOT NULL,
	"key" text NOT NULL,
	"request_digest" text NOT NULL,
	"status" smallint NOT NULL,
	"body" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "command_answers_function_key_pk" PRIMARY KEY("function","key")
);
--> statement-breakpoint
CREATE TABLE "dead_letters" (
	"id" uuid PRIMARY KEY NOT NULL,
	"function" text NOT NULL,
	"source" text NOT NULL,
	"event_id" text NOT NULL,
	"entity" text,
	"sequence" integer,
	"predecessor" integer,
	"class" text NOT NULL,
	"reason" text NOT NULL,
	"detail" text NOT NULL,
	"status" smallint,
	"state" text DEFAULT 'open' NOT NULL,
	"origin" text DEFAULT 'delivered' NOT NULL,
	"attempts" integer,
	"topic" text,
	"partition" integer,
	"offset" bigint,
	"replays" integer DEFAULT 0 NOT NULL,
	"automatic_replays" integer DEFAULT 0 NOT NULL,
	"attributes" jsonb NOT NULL,
	"data" "bytea" NOT NULL,
	"decoded" jsonb,
	"edited_data" "bytea",
	"edited_at" timestamp with time zone,
	"edited_by" text,
	"edited_because" text,
	"waits_for" text,
	"due_at" timestamp with time zone,
	"first_failed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_failed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"closed_at" timestamp with time zone,
	"closed_because" text,
	CONSTRAINT "dead_letters_class" CHECK (class in ('invalid', 'permanent', 'exhausted', 'unreachable')),
	CONSTRAINT "dead_letters_state" CHECK (state in ('open', 'replaying', 'resolved', 'discarded')),
	CONSTRAINT "dead_letters_origin" CHECK (origin in ('delivered', 'published', 'command', 'unverified'))
);
--> statement-breakpoint
CREATE TABLE "debezium_heartbeat" (
	"id" integer PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "entities" (
	"subject" text PRIMARY KEY NOT NULL,
	"last_sequences" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "event_schemas" (
	"type" text NOT NULL,
	"digest" text NOT NULL,
	"dataschema" text NOT NULL,
	CONSTRAINT "event_schemas_type_digest_pk" PRIMARY KEY("type","digest")
);
--> statement-breakpoint
CREATE TABLE "failures" (
	"function" text NOT NULL,
	"source" text NOT NULL,
	"event_id" text NOT NULL,
	"type" text NOT NULL,
	"entity" text,
	"sequence" integer,
	"topic" text,
	"partition" integer,
	"offset" bigint,
	"trace_id" text,
	"attempts" integer DEFAULT 1 NOT NULL,
	"errors" jsonb NOT NULL,
	"stack" text NOT NULL,
	"attributes" jsonb,
	"data" "bytea",
	"first_failed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_failed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "failures_function_source_event_id_pk" PRIMARY KEY("function","source","event_id")
);
--> statement-breakpoint
CREATE TABLE "fences" (
	"function" text NOT NULL,
	"entity" text NOT NULL,
	"sequence" integer NOT NULL,
	CONSTRAINT "fences_function_entity_pk" PRIMARY KEY("function","entity")
);
--> statement-breakpoint
CREATE TABLE "handled_events" (
	"function" text NOT NULL,
	"source" text NOT NULL,
	"event_id" text NOT NULL,
	"entity" text,
	"sequence" integer,
	"handled_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "handled_events_function_source_event_id_pk" PRIMARY KEY("function","source","event_id")
);
--> statement-breakpoint
CREATE TABLE "held_events" (
	"function" text NOT NULL,
	"entity" text NOT NULL,
	"sequence" integer NOT NULL,
	"source" text NOT NULL,
	"event_id" text NOT NULL,
	"predecessor" integer,
	"attributes" jsonb NOT NULL,
	"data" "bytea" NOT NULL,
	"held_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "held_events_function_entity_sequence_pk" PRIMARY KEY("function","entity","sequence")
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" uuid PRIMARY KEY NOT NULL,
	"topic" text NOT NULL,
	"key" text NOT NULL,
	"specversion" text DEFAULT '1.0' NOT NULL,
	"type" text NOT NULL,
	"source" text NOT NULL,
	"subject" text NOT NULL,
	"time" text NOT NULL,
	"content_type" text NOT NULL,
	"dataschema" text NOT NULL,
	"sequence" text NOT NULL,
	"partitionkey" text NOT NULL,
	"traceparent" text NOT NULL,
	"predecessors" text DEFAULT 'unknown' NOT NULL,
	"payload" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "outbox_fits_a_record" CHECK (octet_length("outbox"."payload") + octet_length(concat("outbox"."topic", "outbox"."key", "outbox"."specversion", "outbox"."type",
        "outbox"."source", "outbox"."subject", "outbox"."time", "outbox"."content_type", "outbox"."dataschema", "outbox"."sequence",
        "outbox"."partitionkey", "outbox"."traceparent", "outbox"."predecessors")) <= 983040)
);
--> statement-breakpoint
CREATE TABLE "replay_items" (
	"job_id" uuid NOT NULL,
	"letter_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"status" smallint,
	"detail" text,
	"not_before" timestamp with time zone DEFAULT now() NOT NULL,
	"leased_until" timestamp with time zone,
	"finished_at" timestamp with time zone,
	CONSTRAINT "replay_items_job_id_position_pk" PRIMARY KEY("job_id","position"),
	CONSTRAINT "replay_items_state" CHECK (state in ('waiting', 'sending', 'resolved', 'failed', 'skipped'))
);
--> statement-breakpoint
CREATE TABLE "replay_jobs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"command" jsonb NOT NULL,
	"state" text DEFAULT 'running' NOT NULL,
	"detail" text,
	"canary" integer DEFAULT 0 NOT NULL,
	"rate" integer DEFAULT 0 NOT NULL,
	"concurrency" integer NOT NULL,
	"stop_after" integer DEFAULT 0 NOT NULL,
	"next_send_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "replay_jobs_state" CHECK (state in ('running', 'done', 'stopped', 'aborted'))
);
--> statement-breakpoint
CREATE TABLE "quotes" (
	"parcel_id" text PRIMARY KEY NOT NULL,
	"cents" integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE "replay_items" ADD CONSTRAINT "replay_items_job_id_replay_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."replay_jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "replay_items" ADD CONSTRAINT "replay_items_letter_id_dead_letters_id_fk" FOREIGN KEY ("letter_id") REFERENCES "public"."dead_letters"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "command_answers_created_at" ON "command_answers" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "dead_letters_event" ON "dead_letters" USING btree ("function","source","event_id");--> statement-breakpoint
CREATE INDEX "dead_letters_entity" ON "dead_letters" USING btree ("entity","function","sequence");--> statement-breakpoint
CREATE INDEX "dead_letters_waiting" ON "dead_letters" USING btree ("waits_for") WHERE state in ('open', 'replaying');--> statement-breakpoint
CREATE INDEX "dead_letters_due" ON "dead_letters" USING btree ("due_at") WHERE state in ('open', 'replaying');--> statement-breakpoint
CREATE INDEX "dead_letters_closed" ON "dead_letters" USING btree ("closed_at") WHERE state in ('resolved', 'discarded');--> statement-breakpoint
CREATE INDEX "failures_last_failed_at" ON "failures" USING btree ("last_failed_at");--> statement-breakpoint
CREATE INDEX "handled_events_handled_at" ON "handled_events" USING btree ("handled_at");--> statement-breakpoint
CREATE INDEX "outbox_created_at" ON "outbox" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "outbox_place" ON "outbox" USING btree ("subject","sequence");--> statement-breakpoint
CREATE UNIQUE INDEX "replay_items_one_at_a_time" ON "replay_items" USING btree ("letter_id") WHERE state in ('waiting', 'sending');--> statement-breakpoint
CREATE INDEX "replay_items_letter" ON "replay_items" USING btree ("letter_id");--> statement-breakpoint
CREATE INDEX "replay_items_state" ON "replay_items" USING btree ("job_id","state","position");--> statement-breakpoint
CREATE INDEX "replay_jobs_running" ON "replay_jobs" USING btree ("id") WHERE state = 'running';