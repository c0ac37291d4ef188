/** Style sheets of both pages; esbuild gathers them into one. */
import 'uplot/dist/uPlot.min.css';
import './page.css';
