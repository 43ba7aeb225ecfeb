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
	"first_failed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_failed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "failures_function_source_event_id_pk" PRIMARY KEY("function","source","event_id")
);
--> statement-breakpoint
CREATE INDEX "failures_last_failed_at" ON "failures" USING btree ("last_failed_at");