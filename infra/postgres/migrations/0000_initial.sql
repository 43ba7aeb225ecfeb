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
	"student_id" text,
	"sequence" integer,
	"class" text NOT NULL,
	"reason" text NOT NULL,
	"detail" text NOT NULL,
	"status" smallint,
	"state" text DEFAULT 'open' NOT NULL,
	"attempts" integer,
	"topic" text,
	"partition" integer,
	"offset" bigint,
	"replays" integer DEFAULT 0 NOT NULL,
	"attributes" jsonb NOT NULL,
	"data" "bytea" NOT NULL,
	"decoded" jsonb,
	"waits_for_user" text,
	"due_at" timestamp with time zone,
	"first_failed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_failed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"closed_at" timestamp with time zone,
	"closed_because" text,
	CONSTRAINT "dead_letters_class" CHECK (class in ('invalid', 'permanent', 'exhausted', 'unreachable')),
	CONSTRAINT "dead_letters_state" CHECK (state in ('open', 'replaying', 'resolved', 'discarded'))
);
--> statement-breakpoint
CREATE TABLE "debezium_heartbeat" (
	"id" integer PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "directory" (
	"student_id" text PRIMARY KEY NOT NULL,
	"status" text NOT NULL,
	"user_id" text NOT NULL,
	"name" text NOT NULL,
	"email" text NOT NULL,
	"version" integer NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "directory_status" CHECK (status in ('pending', 'active'))
);
--> statement-breakpoint
CREATE TABLE "event_schemas" (
	"type" text NOT NULL,
	"digest" text NOT NULL,
	"dataschema" text NOT NULL,
	CONSTRAINT "event_schemas_type_digest_pk" PRIMARY KEY("type","digest")
);
--> statement-breakpoint
CREATE TABLE "fences" (
	"function" text NOT NULL,
	"student_id" text NOT NULL,
	"sequence" integer NOT NULL,
	CONSTRAINT "fences_function_student_id_pk" PRIMARY KEY("function","student_id")
);
--> statement-breakpoint
CREATE TABLE "handled_events" (
	"function" text NOT NULL,
	"source" text NOT NULL,
	"event_id" text NOT NULL,
	"student_id" text NOT NULL,
	"sequence" integer NOT NULL,
	"handled_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "handled_events_function_source_event_id_pk" PRIMARY KEY("function","source","event_id")
);
--> statement-breakpoint
CREATE TABLE "held_events" (
	"function" text NOT NULL,
	"student_id" text NOT NULL,
	"sequence" integer NOT NULL,
	"source" text NOT NULL,
	"event_id" text NOT NULL,
	"attributes" jsonb NOT NULL,
	"data" "bytea" NOT NULL,
	"held_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "held_events_function_student_id_sequence_pk" PRIMARY KEY("function","student_id","sequence")
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
	"payload" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
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
	"edited_id" uuid,
	"edited_data" "bytea",
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
CREATE TABLE "students" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"name" text NOT NULL,
	"email" text NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "timeline" (
	"student_id" text NOT NULL,
	"sequence" integer NOT NULL,
	"type" text NOT NULL,
	"source" text NOT NULL,
	"event_id" text NOT NULL,
	"time" text NOT NULL,
	"name" text NOT NULL,
	"email" text NOT NULL,
	CONSTRAINT "timeline_student_id_sequence_pk" PRIMARY KEY("student_id","sequence")
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"email" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "replay_items" ADD CONSTRAINT "replay_items_job_id_replay_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."replay_jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "replay_items" ADD CONSTRAINT "replay_items_letter_id_dead_letters_id_fk" FOREIGN KEY ("letter_id") REFERENCES "public"."dead_letters"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "command_answers_created_at" ON "command_answers" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "dead_letters_event" ON "dead_letters" USING btree ("function","source","event_id");--> statement-breakpoint
CREATE INDEX "dead_letters_student" ON "dead_letters" USING btree ("student_id","function","sequence");--> statement-breakpoint
CREATE INDEX "dead_letters_waiting" ON "dead_letters" USING btree ("waits_for_user") WHERE state in ('open', 'replaying');--> statement-breakpoint
CREATE INDEX "dead_letters_due" ON "dead_letters" USING btree ("due_at") WHERE state in ('open', 'replaying');--> statement-breakpoint
CREATE INDEX "handled_events_handled_at" ON "handled_events" USING btree ("handled_at");--> statement-breakpoint
CREATE INDEX "outbox_created_at" ON "outbox" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "replay_items_one_at_a_time" ON "replay_items" USING btree ("letter_id") WHERE state in ('waiting', 'sending');--> statement-breakpoint
CREATE INDEX "replay_items_letter" ON "replay_items" USING btree ("letter_id");--> statement-breakpoint
CREATE INDEX "replay_items_state" ON "replay_items" USING btree ("job_id","state","position");--> statement-breakpoint
CREATE INDEX "replay_jobs_running" ON "replay_jobs" USING btree ("id") WHERE state = 'running';