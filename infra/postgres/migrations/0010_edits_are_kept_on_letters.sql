-- An edited event keeps its id: the edit is a second version on its letter. Until now it was sent under an id of its own, and when
-- it failed it had a letter of its own.
ALTER TABLE "dead_letters" ADD COLUMN "edited_data" "bytea";--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "edited_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "edited_by" text;--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "edited_because" text;--> statement-breakpoint
-- Every edit that was sent, with the letter of the event that it stands for: an edit that failed may have been edited again.
CREATE TEMPORARY TABLE "edits" AS
WITH RECURSIVE "sent" AS (
	SELECT item."edited_id"::text AS "id", item."edited_data" AS "data", item."letter_id", letter."function", letter."source",
		job."created_at", job."command"->>'reason' AS "reason"
	FROM "replay_items" item
	JOIN "dead_letters" letter ON letter."id" = item."letter_id"
	JOIN "replay_jobs" job ON job."id" = item."job_id"
	WHERE item."edited_id" IS NOT NULL
), "stands_for" AS (
	SELECT "id", "letter_id" FROM "sent"
	UNION
	SELECT "stands_for"."id", before."letter_id"
	FROM "stands_for"
	JOIN "dead_letters" letter ON letter."id" = "stands_for"."letter_id"
	JOIN "sent" before ON before."function" = letter."function" AND before."source" = letter."source"
		AND before."id" = letter."attributes"->>'id'
)
SELECT "sent"."id", "sent"."data", "sent"."created_at", "sent"."reason", root."function", root."source",
	root."id" AS "root_id", root."attributes"->>'id' AS "event_id"
FROM "sent"
JOIN "stands_for" ON "stands_for"."id" = "sent"."id"
JOIN "dead_letters" root ON root."id" = "stands_for"."letter_id"
WHERE NOT EXISTS (
	SELECT FROM "sent" other WHERE other."function" = root."function" AND other."source" = root."source"
		AND other."id" = root."attributes"->>'id'
);--> statement-breakpoint
-- What an edit did was done by its event. One for each event: a function without an order may have done two edits of one.
UPDATE "handled_events" handled SET "event_id" = edit."event_id"
FROM (
	SELECT DISTINCT ON ("edits"."root_id") "edits".* FROM "edits"
	JOIN "handled_events" done USING ("function", "source") WHERE done."event_id" = "edits"."id"
	ORDER BY "edits"."root_id", done."handled_at"
) edit
WHERE handled."function" = edit."function" AND handled."source" = edit."source" AND handled."event_id" = edit."id"
	AND NOT EXISTS (
		SELECT FROM "handled_events" other WHERE other."function" = edit."function" AND other."source" = edit."source"
			AND other."event_id" = edit."event_id"
	);--> statement-breakpoint
UPDATE "timeline" SET "event_id" = edit."event_id" FROM "edits" edit
WHERE edit."function" = 'onAnyStudent' AND "timeline"."source" = edit."source" AND "timeline"."event_id" = edit."id";--> statement-breakpoint
UPDATE "held_events" held SET "event_id" = edit."event_id",
	"attributes" = held."attributes" - 'causationid' || jsonb_build_object('id', edit."event_id")
FROM "edits" edit
WHERE held."function" = edit."function" AND held."source" = edit."source" AND held."event_id" = edit."id";--> statement-breakpoint
UPDATE "command_answers" answer SET "key" = 'event:' || edit."escaped" || ' ' || edit."event_id"
FROM (SELECT *, replace(replace("source", '\', '\\'), ' ', '\s') AS "escaped" FROM "edits") edit
WHERE answer."function" = edit."function" AND answer."key" = 'event:' || edit."escaped" || ' ' || edit."id"
	AND NOT EXISTS (
		SELECT FROM "command_answers" other WHERE other."function" = edit."function"
			AND other."key" = 'event:' || edit."escaped" || ' ' || edit."event_id"
	);--> statement-breakpoint
DELETE FROM "failures" USING "edits" edit
WHERE "failures"."function" = edit."function" AND "failures"."source" = edit."source" AND "failures"."event_id" = edit."id";--> statement-breakpoint
-- The version that was applied; where none was, the newest one that nobody gave up.
UPDATE "dead_letters" letter SET "edited_data" = edit."data", "edited_at" = edit."created_at", "edited_because" = edit."reason",
	"closed_because" = CASE letter."state" WHEN 'resolved' THEN 'applied as edited' ELSE letter."closed_because" END
FROM (
	SELECT DISTINCT ON ("edits"."root_id") "edits".* FROM "edits"
	JOIN "dead_letters" root ON root."id" = "edits"."root_id"
	WHERE CASE root."state"
		WHEN 'resolved' THEN root."closed_because" IN ('sent again as ' || "edits"."id", 'applied as ' || "edits"."id")
		ELSE NOT EXISTS (
			SELECT FROM "dead_letters" own WHERE own."function" = "edits"."function" AND own."source" = "edits"."source"
				AND own."attributes"->>'id' = "edits"."id" AND own."state" = 'discarded'
		)
	END
	ORDER BY "edits"."root_id", "edits"."created_at" DESC
) edit
WHERE letter."id" = edit."root_id";--> statement-breakpoint
-- A letter that an edit had of its own becomes one with that of its event.
UPDATE "dead_letters" letter SET "state" = CASE letter."state" WHEN 'replaying' THEN 'replaying' ELSE 'open' END,
	"class" = own."class", "reason" = own."reason", "detail" = own."detail", "status" = own."status",
	"attempts" = coalesce(letter."attempts" + own."attempts", letter."attempts", own."attempts"),
	"waits_for" = own."waits_for", "due_at" = own."due_at", "last_failed_at" = own."last_failed_at",
	"closed_at" = NULL, "closed_because" = NULL
FROM (
	SELECT DISTINCT ON (edit."root_id") edit."root_id", failed.* FROM "edits" edit
	JOIN "dead_letters" failed ON failed."function" = edit."function" AND failed."source" = edit."source"
		AND failed."attributes"->>'id' = edit."id"
	WHERE failed."state" IN ('open', 'replaying')
	ORDER BY edit."root_id", edit."created_at" DESC
) own
WHERE letter."id" = own."root_id" AND letter."state" <> 'resolved';--> statement-breakpoint
UPDATE "replay_items" item SET "letter_id" = own."root_id",
	"state" = CASE WHEN item."state" IN ('waiting', 'sending') THEN 'skipped' ELSE item."state" END,
	"detail" = CASE WHEN item."state" IN ('waiting', 'sending') THEN 'the letter became one with that of its event' ELSE item."detail" END,
	"finished_at" = coalesce(item."finished_at", now())
FROM (
	SELECT edit."root_id", failed."id" FROM "edits" edit
	JOIN "dead_letters" failed ON failed."function" = edit."function" AND failed."source" = edit."source"
		AND failed."attributes"->>'id' = edit."id"
) own
WHERE item."letter_id" = own."id";--> statement-breakpoint
DELETE FROM "dead_letters" own USING "edits" edit
WHERE own."function" = edit."function" AND own."source" = edit."source" AND own."attributes"->>'id' = edit."id";--> statement-breakpoint
DROP TABLE "edits";--> statement-breakpoint
ALTER TABLE "replay_items" DROP COLUMN "edited_id";--> statement-breakpoint
ALTER TABLE "replay_items" DROP COLUMN "edited_data";
