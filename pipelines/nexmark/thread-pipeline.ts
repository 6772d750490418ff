// The query that the threads of a run load: they are told which by the environment.
import { nexmarkPipeline, type NexmarkPlaces } from "./nexmark-pipeline.ts";
import { queryOf } from "./queries/queries.ts";

const { NEXMARK_RUN = "" } = process.env;
const { query, places } = JSON.parse(NEXMARK_RUN) as { query: string; places: NexmarkPlaces };

export default nexmarkPipeline(queryOf(query), places);
